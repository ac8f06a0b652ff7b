// RUN: dlc-opt %s -dlc-linalg-pipeline | FileCheck %s

// How many true elements there are is known once they were counted: the extent is
// listed as computed, is -1 in the shape function, and the result has no buffer of
// the caller's.
// CHECK: module attributes {dlc.checks = {f = []}, dlc.computed = {f = array<i64: 1>}}
// CHECK: func.func private @dlc_rt_set_extent(!llvm.ptr, index, index)
// CHECK: func.func private @dlc_rt_set_result(!llvm.ptr, index, index)
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %arg0: !llvm.ptr, %arg1: index, %arg2: memref<8xi1>)
// CHECK: call @dlc_rt_set_result(%arg0, %c0
// CHECK: call @dlc_rt_set_extent(%arg0, %c0, %c1
// CHECK: call @dlc_rt_set_extent(%arg0, %c1,
// CHECK-LABEL: func.func private @f.shapes(
// CHECK: %[[UNKNOWN:.*]] = arith.constant -1 : i64
// CHECK: memref.store %[[UNKNOWN]], %arg1[%c2]
func.func @f(%x: tensor<8xi1>) -> tensor<1x?xi64> {
  %y = dl.nonzero %x : tensor<8xi1>
  return %y : tensor<1x?xi64>
}
