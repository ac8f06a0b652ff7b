// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random avg_pool
// RUN: %gradient avg_pool

func.func @example(%x: tensor<?x7x7x3xf32>) -> tensor<?x4x4x3xf32> {
  %y = dl.avg_pool %x window [2, 2] strides [2, 2] ceil_mode : tensor<?x7x7x3xf32>
  return %y : tensor<?x4x4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.pad
// CHECK: linalg.generic
// CHECK: arith.addf

// -----

func.func @refused(%x: tensor<1x3x3x1xf32>) {
  // expected-error @below {{window of extent 4 and dilation 1 reaches over 4 elements in spatial dimension 0, the padded input of shape 3x3 has only 3}}
  %y = dl.avg_pool %x window [4, 4] : tensor<1x3x3x1xf32>
  return
}

// -----

func.func @refused1(%x: tensor<1x3x3x1xf32>) {
  // expected-error @below {{window of 1 extents over an input of shape 1x3x3x1}}
  %y = dl.avg_pool %x window [2] : tensor<1x3x3x1xf32>
  return
}

// -----

func.func @refused2(%x: tensor<1x3x3x1xf32>) {
  // expected-error @below {{padding 2 in spatial dimension 0 leaves a window of padding alone, expected less than 2}}
  %y = dl.avg_pool %x window [2, 2] padding [2, 2] : tensor<1x3x3x1xf32>
  return
}
