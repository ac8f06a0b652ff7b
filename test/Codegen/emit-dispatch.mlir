// Captures go to memory of their natural alignment, each once; constants and what
// lies at a known distance from a capture are made again in the task.
// RUN: dlc-opt %s -dlc-emit-dispatch | FileCheck %s

// CHECK: llvm.func internal @f.0.task.thunk(%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %[[MEMORY:.*]]: !llvm.ptr)
// CHECK: %[[AT0:.*]] = llvm.getelementptr %[[MEMORY]][0, 0] {{.*}} !llvm.struct<(ptr, vector<32xf32>)>
// CHECK: %[[BASE:.*]] = llvm.load %[[AT0]]
// CHECK: %[[NEAR:.*]] = llvm.getelementptr %[[BASE]][16]
// CHECK: %[[SEVEN:.*]] = llvm.mlir.constant(7 : i64)
// CHECK: %[[AT1:.*]] = llvm.getelementptr %[[MEMORY]][0, 1]
// CHECK: %[[VECTOR:.*]] = llvm.load %[[AT1]]
// CHECK: llvm.call @f.0.task({{.*}}, %[[BASE]], %[[BASE]], %[[NEAR]], %[[SEVEN]], %[[VECTOR]])

// CHECK: llvm.func internal @f.0.task.dispatch(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: vector<32xf32>)
// CHECK: llvm.alloca %{{.*}} x !llvm.struct<(ptr, vector<32xf32>)> : (i64) -> !llvm.ptr
// CHECK: %[[THUNK:.*]] = llvm.mlir.addressof @f.0.task.thunk
// CHECK: llvm.call @dlc_rt_parallel_for(%{{.*}}, %{{.*}}, %{{.*}}, %[[THUNK]], %{{.*}})
// CHECK-LABEL: llvm.func @f(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[TOTAL:.*]]: i64, %[[GIVEN:.*]]: !llvm.ptr, %[[V:.*]]: vector<32xf32>)
// CHECK: %[[COST:.*]] = llvm.mlir.constant(1000 : i64)
// CHECK: llvm.call @f.0.task.dispatch(%[[CONTEXT]], %[[TOTAL]], %[[COST]], %[[GIVEN]], %[[V]])
// CHECK-NOT: codegen.parallel_for
llvm.func @f.0.task(i64, i64, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, vector<32xf32>)
llvm.func @f(%context: !llvm.ptr, %total: i64, %base: !llvm.ptr, %v: vector<32xf32>) {
  %cost = llvm.mlir.constant(1000 : i64) : i64
  %seven = llvm.mlir.constant(7 : i64) : i64
  %near = llvm.getelementptr %base[16] : (!llvm.ptr) -> !llvm.ptr, i8
  codegen.parallel_for %context, %total cost %cost @f.0.task(%base, %base, %near, %seven, %v) : i64, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, vector<32xf32>
  llvm.return
}
