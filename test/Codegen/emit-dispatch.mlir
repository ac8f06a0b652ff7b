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

// CHECK: llvm.func internal @f.0.dispatch(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: vector<32xf32>)
// CHECK: llvm.alloca %{{.*}} x !llvm.struct<(ptr, vector<32xf32>)> : (i64) -> !llvm.ptr
// CHECK: llvm.call @dlc_rt_parallel_for
llvm.func @f.0.task(i64, i64, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, vector<32xf32>)
llvm.func @f.0.dispatch(!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, vector<32xf32>) attributes {sym_visibility = "private"}
llvm.func @f(%context: !llvm.ptr, %total: i64, %base: !llvm.ptr, %v: vector<32xf32>) {
  %cost = llvm.mlir.constant(1000 : i64) : i64
  %seven = llvm.mlir.constant(7 : i64) : i64
  %near = llvm.getelementptr %base[16] : (!llvm.ptr) -> !llvm.ptr, i8
  llvm.call @f.0.dispatch(%context, %total, %cost, %base, %base, %near, %seven, %v) : (!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, vector<32xf32>) -> ()
  llvm.return
}
