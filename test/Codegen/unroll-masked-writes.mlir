// RUN: dlc-opt %s -dlc-unroll-masked-writes | FileCheck %s

// Row by row, each with its part of the mask.
// CHECK-LABEL: func.func @f
// CHECK-COUNT-2: vector.transfer_write {{.*}} : vector<4xf32>, memref<2x3xf32>
// CHECK-NOT: vector<2x4xf32>, memref
func.func @f(%v: vector<2x4xf32>, %m: memref<2x3xf32>) {
  %c0 = arith.constant 0 : index
  %mask = vector.constant_mask [2, 3] : vector<2x4xi1>
  vector.transfer_write %v, %m[%c0, %c0], %mask {in_bounds = [true, true]} : vector<2x4xf32>, memref<2x3xf32>
  return
}
