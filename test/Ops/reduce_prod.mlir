// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random reduce_prod
// RUN: %gradient reduce_prod

func.func @example(%x: tensor<?x4x3xf32>) -> tensor<?x1x3xf32> {
  %y = dl.reduce_prod %x axes [1] keep_dims : tensor<?x4x3xf32>
  return %y : tensor<?x1x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: tensor.expand_shape

// -----

func.func @refused(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis -2 is given twice for an operand of shape 2x3}}
  %y = dl.reduce_prod %x axes [0, -2] : tensor<2x3xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 2 is out of range for an operand of rank 2, expected -2 to 1}}
  %y = dl.reduce_prod %x axes [2] : tensor<2x3xf32>
  return
}
