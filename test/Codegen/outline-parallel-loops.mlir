// RUN: dlc-opt %s --dlc-outline-parallel-loops | FileCheck %s

// A task is a function over a range of iterations; the call says how many there are and what
// one costs, by the extents at hand.
// CHECK-LABEL: func.func private @scaled.0.task(
// CHECK-SAME: %[[BEGIN:.*]]: index, %[[END:.*]]: index, %{{.*}}: index, %[[VALUE:.*]]: f32, %[[BUFFER:.*]]: memref<64xf32>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK-NOT: codegen.scale_cost
// CHECK: memref.store %[[VALUE]], %[[BUFFER]]
// CHECK-LABEL: func.func @scaled
// CHECK: %[[MOST:.*]] = arith.minui %c1024
// CHECK: %[[PRODUCT:.*]] = arith.muli %[[MOST]], %arg1
// CHECK: %[[COST:.*]] = arith.divui %[[PRODUCT]], %c256
// CHECK: %[[COUNT:.*]] = arith.muli
// CHECK: codegen.parallel_for %arg0, %[[COUNT]] cost %[[COST]] @scaled.0.task(%arg3, %arg2) :
func.func @scaled(%ctx: !llvm.ptr, %rows: index, %y: memref<64xf32>, %x: f32) {
  scf.forall (%i) = (0) to (64) step (32) {
    codegen.scale_cost %rows assumed 256
    memref.store %x, %y[%i] : memref<64xf32>
  } {codegen.cost = 1024 : i64}
  return
}

// What tells of a loop that upstream has replaced by its only task goes away.
// CHECK-LABEL: func.func @alone
// CHECK-NEXT: return
func.func @alone(%ctx: !llvm.ptr, %rows: index) {
  codegen.scale_cost %rows assumed 16
  return
}
