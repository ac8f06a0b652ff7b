// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random conv
// RUN: %gradient conv

func.func @example(%x: tensor<?x28x28x1xf32>, %w: tensor<5x5x1x6xf32>, %b: tensor<6xf32>) -> tensor<?x14x14x6xf32> {
  %y = dl.conv %x, %w, %b strides [2, 2] padding same : tensor<?x28x28x1xf32>, tensor<5x5x1x6xf32>, tensor<6xf32>
  return %y : tensor<?x14x14x6xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.pad %arg0 low[0, 1, 1, 0] high[0, 2, 2, 0]
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: arith.addf

// -----

func.func @refused(%x: tensor<1x4x4x3xf32>, %w: tensor<3x3x2x8xf32>) {
  // expected-error @below {{input of shape 1x4x4x3 does not meet filter of shape 3x3x2x8 in 1 groups}}
  %y = dl.conv %x, %w : tensor<1x4x4x3xf32>, tensor<3x3x2x8xf32>
  return
}

// -----

func.func @refused1(%x: tensor<1x4x4x3xf32>, %w: tensor<5x5x3x8xf32>) {
  // expected-error @below {{window of extent 5 and dilation 1 reaches over 5 elements in spatial dimension 0, the padded input of shape 4x4 has only 4}}
  %y = dl.conv %x, %w : tensor<1x4x4x3xf32>, tensor<5x5x3x8xf32>
  return
}

// -----

func.func @refused2(%x: tensor<1x4x4x3xf32>, %w: tensor<3x3x3x8xf32>) {
  // expected-error @below {{strides has the value 0, expected 1 to 2^31}}
  // expected-error @below {{strides has the value -1, expected 1 to 2^31}}
  %y = dl.conv %x, %w strides [0, -1] : tensor<1x4x4x3xf32>, tensor<3x3x3x8xf32>
  return
}
