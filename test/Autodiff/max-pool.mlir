// RUN: dlc-opt %s -dl-differentiate -canonicalize | FileCheck %s

// By comparison with the maximum, tap by tap: nothing is looked up.
// CHECK-LABEL: func.func @short
// CHECK-NOT: dl.arg_max_pool
// CHECK-COUNT-4: dl.equal
// CHECK-NOT: dl.scatter
// CHECK: return
func.func private @f(%x: tensor<2x8x8x3xf32>) -> tensor<f32> {
  %y = dl.max_pool %x window [2, 2] strides [2, 2] : tensor<2x8x8x3xf32>
  %s = dl.reduce_sum %y : tensor<2x4x4x3xf32>
  return %s : tensor<f32>
}
func.func @short(%x: tensor<2x8x8x3xf32>) -> tensor<2x8x8x3xf32> {
  %g = dl.grad @f(%x) : (tensor<2x8x8x3xf32>) -> tensor<2x8x8x3xf32>
  return %g : tensor<2x8x8x3xf32>
}

// Strides of a thousand places would be as many pieces of code.
// CHECK-LABEL: func.func @long
// CHECK: dl.arg_max_pool
// CHECK: dl.scatter
func.func private @h(%x: tensor<2x70x70x3xf32>) -> tensor<f32> {
  %y = dl.max_pool %x window [2, 2] strides [34, 34] : tensor<2x70x70x3xf32>
  %s = dl.reduce_sum %y : tensor<2x3x3x3xf32>
  return %s : tensor<f32>
}
func.func @long(%x: tensor<2x70x70x3xf32>) -> tensor<2x70x70x3xf32> {
  %g = dl.grad @h(%x) : (tensor<2x70x70x3xf32>) -> tensor<2x70x70x3xf32>
  return %g : tensor<2x70x70x3xf32>
}
