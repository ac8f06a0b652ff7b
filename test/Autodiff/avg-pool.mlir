// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-differentiate | FileCheck %s

// Extents that are not known: the transposed sum of what each window got over
// the number of its elements, cut to the extents that came.
// CHECK-LABEL: func.func @free
// CHECK: %[[COUNTS:.*]] = dl.conv
// CHECK: %[[PART:.*]] = dl.div %{{.*}}, %[[COUNTS]]
// CHECK: %[[Y:.*]] = dl.conv_transpose %[[PART]]
// CHECK: tensor.extract_slice %[[Y]]
func.func private @f(%x: tensor<2x?x3xf32>) -> tensor<f32> {
  %y = dl.avg_pool %x window [2] strides [2] padding [1] : tensor<2x?x3xf32>
  %s = dl.reduce_sum %y : tensor<2x?x3xf32>
  return %s : tensor<f32>
}
func.func @free(%x: tensor<2x?x3xf32>) -> tensor<2x?x3xf32> {
  %g = dl.grad @f(%x) : (tensor<2x?x3xf32>) -> tensor<2x?x3xf32>
  return %g : tensor<2x?x3xf32>
}

// -----

func.func private @f(%x: tensor<2x?x3xf32>) -> tensor<f32> {
  // expected-error @below {{with windows over the edge (ceil_mode) has no derivative for 2x?x3, expected known spatial extents or no ceil_mode}}
  %y = dl.avg_pool %x window [2] strides [2] ceil_mode : tensor<2x?x3xf32>
  %s = dl.reduce_sum %y : tensor<2x?x3xf32>
  return %s : tensor<f32>
}
func.func @over(%x: tensor<2x?x3xf32>) -> tensor<2x?x3xf32> {
  %g = dl.grad @f(%x) : (tensor<2x?x3xf32>) -> tensor<2x?x3xf32>
  return %g : tensor<2x?x3xf32>
}
