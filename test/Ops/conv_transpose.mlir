// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random conv_transpose
// RUN: %gradient conv_transpose

func.func @example(%x: tensor<?x4x4x3xf32>, %w: tensor<3x3x8x3xf32>) -> tensor<?x8x8x8xf32> {
  %y = dl.conv_transpose %x, %w strides [2, 2] padding same : tensor<?x4x4x3xf32>, tensor<3x3x8x3xf32>
  return %y : tensor<?x8x8x8xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: scf.for
// CHECK: linalg.transpose
// CHECK: linalg.generic
// CHECK: arith.mulf

// -----

func.func @refused(%x: tensor<1x4x4x3xf32>, %w: tensor<3x3x3x8xf32>) {
  // expected-error @below {{input of shape 1x4x4x3 does not meet filter of shape 3x3x3x8 in 1 groups, expected a filter [window..., F / groups, C]}}
  %y = dl.conv_transpose %x, %w : tensor<1x4x4x3xf32>, tensor<3x3x3x8xf32>
  return
}

// -----

func.func @refused1(%x: tensor<1x4x4x3xf32>, %w: tensor<3x3x8x3xf32>) {
  // expected-error @below {{output_padding 1, expected 0 to less than the stride 1 or the dilation 1}}
  %y = dl.conv_transpose %x, %w output_padding [1, 1] : tensor<1x4x4x3xf32>, tensor<3x3x8x3xf32>
  return
}
