// RUN: dlc-opt %s -dlc-lower-vectors | FileCheck %s

// A masked read in another order than memory's: the mask is in the order of memory, so
// it is read as it lies and transposed in registers.
// CHECK-LABEL: func.func @masked
// CHECK-COUNT-2: vector.maskedload
// CHECK-NOT: vector.maskedload
// CHECK: return
func.func @masked(%m: memref<2x3x4xf32>, %mask: vector<2x4xi1>) -> vector<4x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = vector.transfer_read %m[%c0, %c0, %c0], %zero, %mask
    {permutation_map = affine_map<(a, b, c) -> (c, a)>, in_bounds = [true, true]} : memref<2x3x4xf32>, vector<4x2xf32>
  return %v : vector<4x2xf32>
}
