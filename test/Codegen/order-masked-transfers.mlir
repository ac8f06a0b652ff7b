// RUN: dlc-opt %s -dlc-order-masked-transfers | FileCheck %s

// Row by row, each with its part of the mask.
// CHECK-LABEL: func.func @write
// CHECK-COUNT-2: vector.transfer_write {{.*}} : vector<4xf32>, memref<2x3xf32>
// CHECK-NOT: vector<2x4xf32>, memref
func.func @write(%v: vector<2x4xf32>, %m: memref<2x3xf32>) {
  %c0 = arith.constant 0 : index
  %mask = vector.constant_mask [2, 3] : vector<2x4xi1>
  vector.transfer_write %v, %m[%c0, %c0], %mask {in_bounds = [true, true]} : vector<2x4xf32>, memref<2x3xf32>
  return
}

// A transposed and broadcast read takes the vector as it lies, of which the mask speaks.
// CHECK-LABEL: func.func @read
// CHECK: %[[READ:.*]] = vector.transfer_read {{.*}} : memref<1x3xf32>, vector<1x4xf32>
// CHECK: vector.broadcast %[[READ]]
// CHECK: vector.transpose
func.func @read(%x: memref<1x3xf32>) -> vector<2x4x1xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %mask = vector.constant_mask [1, 3] : vector<1x4xi1>
  %0 = vector.transfer_read %x[%c0, %c0], %z, %mask {in_bounds = [true, true, true], permutation_map = affine_map<(d0, d1) -> (0, d1, d0)>} : memref<1x3xf32>, vector<2x4x1xf32>
  return %0 : vector<2x4x1xf32>
}
