// RUN: dlc-opt %s -dlc-linalg-pipeline | FileCheck %s

// How many true elements there are is known once they were counted: the extent is
// listed as computed, is -1 in the shape function, and the result has no buffer of
// the caller's. Nothing is checked, so there are no messages.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %arg0: !llvm.ptr, %arg1: index, %arg2: memref<8xi1>)
// CHECK-SAME: codegen.computed = array<i64: 1>, codegen.shapes = @f.shapes
// CHECK: codegen.set_result %arg0[0], %{{.*}} : memref<1x?xi64>
// CHECK: codegen.set_extent %arg0[0], %c1{{$|_}}
// CHECK: codegen.set_extent %arg0[1], %
// CHECK-LABEL: func.func private @f.shapes(
// CHECK-SAME: codegen.messages = []
// CHECK: %[[UNKNOWN:.*]] = arith.constant -1 : i64
// CHECK: memref.store %[[UNKNOWN]], %arg1[%c2]
func.func @f(%x: tensor<8xi1>) -> tensor<1x?xi64> {
  %y = dl.nonzero %x : tensor<8xi1>
  return %y : tensor<1x?xi64>
}
