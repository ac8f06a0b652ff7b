// Ops of codegen become calls of the runtime.
// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dlc-convert-codegen-to-llvm | FileCheck %s

// Memory becomes a descriptor: of as many bytes as were asked for, or of all there are.
// CHECK-DAG: llvm.func @dlc_rt_allocate(!llvm.ptr, i64) -> !llvm.ptr
// CHECK-DAG: llvm.func @dlc_rt_weights(!llvm.ptr) -> !llvm.ptr
// CHECK-DAG: llvm.func @dlc_rt_state(!llvm.ptr) -> !llvm.ptr
// CHECK-LABEL: func.func @memory(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr,
// CHECK: %[[BYTES:.*]] = builtin.unrealized_conversion_cast %arg1 : index to i64
// CHECK: %[[AT:.*]] = llvm.call @dlc_rt_allocate(%[[CONTEXT]], %[[BYTES]])
// CHECK: llvm.insertvalue %[[AT]], %{{.*}}[0]
// CHECK: llvm.insertvalue %[[AT]], %{{.*}}[1]
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: llvm.insertvalue %[[ZERO]], %{{.*}}[2]
// CHECK: llvm.insertvalue %[[BYTES]], %{{.*}}[3, 0]
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : i64)
// CHECK: llvm.insertvalue %[[ONE]], %{{.*}}[4, 0]
// CHECK: %[[WEIGHTS:.*]] = llvm.call @dlc_rt_weights(%[[CONTEXT]])
// CHECK: llvm.insertvalue %[[WEIGHTS]], %{{.*}}[1]
// CHECK: %[[ALL:.*]] = llvm.mlir.constant(9223372036854775807 : i64)
// CHECK: llvm.insertvalue %[[ALL]], %{{.*}}[3, 0]
// CHECK: %[[STATE:.*]] = llvm.call @dlc_rt_state(%[[CONTEXT]])
// CHECK: llvm.insertvalue %[[STATE]], %{{.*}}[1]
// CHECK-NOT: codegen.
// CHECK: return
func.func @memory(%context: !llvm.ptr, %bytes: index) -> (memref<?xi8>, memref<?xi8>, memref<?xi8>) {
  %0 = codegen.allocate %context, %bytes
  %1 = codegen.weight_memory %context
  %2 = codegen.state_memory %context
  return %0, %1, %2 : memref<?xi8>, memref<?xi8>, memref<?xi8>
}

// -----

// CHECK-LABEL: func.func @results(
// CHECK: %[[NUMBER:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[PLACE:.*]] = llvm.extractvalue %{{.*}}[1]
// CHECK: llvm.call @dlc_rt_set_result(%arg0, %[[NUMBER]], %[[PLACE]]) : (!llvm.ptr, i64, !llvm.ptr) -> ()
// CHECK: %[[FIFTH:.*]] = llvm.mlir.constant(5 : i64)
// CHECK: llvm.call @dlc_rt_set_extent(%arg0, %[[FIFTH]], %{{.*}}) : (!llvm.ptr, i64, i64) -> ()
// CHECK-NEXT: return
func.func @results(%context: !llvm.ptr, %x: memref<4x?xf32>, %n: index) {
  codegen.set_result %context[2], %x : memref<4x?xf32>
  codegen.set_extent %context[5], %n
  return
}

// -----

// No region has the number -1.
// CHECK-LABEL: func.func @regions(
// CHECK: %[[BEGIN:.*]] = llvm.mlir.constant(3 : i64)
// CHECK: llvm.call @dlc_rt_mark(%arg0, %[[BEGIN]])
// CHECK: %[[END:.*]] = llvm.mlir.constant(-1 : i64)
// CHECK: llvm.call @dlc_rt_mark(%arg0, %[[END]])
// CHECK-NEXT: return
func.func @regions(%context: !llvm.ptr) {
  codegen.begin_region %context[3]
  codegen.end_region %context
  return
}

// -----

// Each message is a string that ends with a zero.
// CHECK-DAG: llvm.mlir.global internal constant @[[FIRST:.*]]("extents differ\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[SECOND:.*]]("an index is out of \22bounds\22\00")
// CHECK-DAG: llvm.func @dlc_rt_fail(!llvm.ptr, !llvm.ptr)
// CHECK-LABEL: func.func @fails(
// CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[FIRST]]
// CHECK: llvm.call @dlc_rt_fail(%arg0, %[[TEXT]])
// CHECK: %[[OTHER:.*]] = llvm.mlir.addressof @[[SECOND]]
// CHECK: llvm.call @dlc_rt_fail(%arg0, %[[OTHER]])
// CHECK-NEXT: return
func.func @fails(%context: !llvm.ptr) {
  codegen.fail %context, "extents differ"
  codegen.fail %context, "an index is out of \22bounds\22"
  return
}

// -----

// A parallel loop stays for dlc-emit-dispatch; a buffer that it captures becomes what its task takes in
// its place: two pointers, an offset, extents and strides.
// CHECK-LABEL: func.func @loop(
// CHECK: %[[PLACE:.*]] = llvm.extractvalue %[[X:.*]][0]
// CHECK: %[[ALIGNED:.*]] = llvm.extractvalue %[[X]][1]
// CHECK: %[[OFFSET:.*]] = llvm.extractvalue %[[X]][2]
// CHECK: %[[ROWS:.*]] = llvm.extractvalue %[[X]][3, 0]
// CHECK: %[[COLUMNS:.*]] = llvm.extractvalue %[[X]][3, 1]
// CHECK: %[[OUTER:.*]] = llvm.extractvalue %[[X]][4, 0]
// CHECK: %[[INNER:.*]] = llvm.extractvalue %[[X]][4, 1]
// CHECK: codegen.parallel_for %arg0, %{{.*}} cost %{{.*}} @task(%arg3, %[[PLACE]], %[[ALIGNED]], %[[OFFSET]], %[[ROWS]], %[[COLUMNS]], %[[OUTER]], %[[INNER]]) : i64, i64, f32, !llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i64
llvm.func @task(i64, i64, i64, f32, !llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i64)
func.func @loop(%context: !llvm.ptr, %tasks: index, %cost: index, %s: f32, %x: memref<4x8xf32>) {
  codegen.parallel_for %context, %tasks cost %cost @task(%s, %x) : index, index, f32, memref<4x8xf32>
  return
}

// -----

// What earlier passes take away has no function of the runtime.
func.func @early() -> index {
  // expected-error @below {{failed to legalize operation 'codegen.worker'}}
  %0 = codegen.worker
  return %0 : index
}
