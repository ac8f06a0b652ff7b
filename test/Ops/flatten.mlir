// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random flatten
// RUN: %gradient flatten

func.func @example(%x: tensor<?x4x3xf32>) -> tensor<?x12xf32> {
  %y = dl.flatten %x : tensor<?x4x3xf32>
  return %y : tensor<?x12xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.collapse_shape %arg0

// -----

func.func @refused(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 3, expected 0 to 2 for an operand of shape 2x3}}
  %y = dl.flatten %x axis 3 : tensor<2x3xf32>
  return
}
