// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random conv_filter_grad
// RUN: %gradient conv_filter_grad

func.func @example(%x: tensor<?x8x8x3xf32>, %g: tensor<?x4x4x6xf32>) -> tensor<5x5x3x6xf32> {
  %y = dl.conv_filter_grad %x, %g window [5, 5] strides [2, 2] padding same : tensor<?x8x8x3xf32>, tensor<?x4x4x6xf32>
  return %y : tensor<5x5x3x6xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.pad
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]

// -----

func.func @refused(%x: tensor<2x8x8x3xf32>, %g: tensor<2x4x5x6xf32>) {
  // expected-error @below {{gradient of shape 2x4x5x6, expected 2x4x4x6 as the result of the convolution}}
  %y = dl.conv_filter_grad %x, %g window [5, 5] strides [2, 2] padding same : tensor<2x8x8x3xf32>, tensor<2x4x5x6xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x8x8x3xf32>, %g: tensor<2x8x8x6xf32>) {
  // expected-error @below {{2 groups of the channels of 2x8x8x3 and 2x8x8x6, expected whole groups}}
  %y = dl.conv_filter_grad %x, %g window [1, 1] groups 2 : tensor<2x8x8x3xf32>, tensor<2x8x8x6xf32>
  return
}
