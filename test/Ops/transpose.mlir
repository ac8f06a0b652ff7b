// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random transpose
// RUN: %gradient transpose

func.func @example(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %y = dl.transpose %x [1, 0] : tensor<?x4xf32>
  return %y : tensor<4x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.transpose
// CHECK: permutation = [1, 0]

// -----

func.func @refused(%x: tensor<2x3xf32>) {
  // expected-error @below {{permutation [0x0] is not one of the 2 dimensions of shape 2x3}}
  %y = dl.transpose %x [0, 0] : tensor<2x3xf32>
  return
}
