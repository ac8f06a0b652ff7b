// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random layer_norm
// RUN: %gradient layer_norm

func.func @example(%x: tensor<?x4x3xf32>, %s: tensor<3xf32>, %o: tensor<3xf32>) -> tensor<?x4x3xf32> {
  %y = dl.layer_norm %x, %s, %o : tensor<?x4x3xf32>, tensor<3xf32>, tensor<3xf32>
  return %y : tensor<?x4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: math.sqrt
// CHECK: arith.mulf

// -----

func.func @refused(%x: tensor<2x4xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{scale or offset has shape 3, expected 4, the normalised dimensions of 2x4}}
  %y = dl.layer_norm %x, %s : tensor<2x4xf32>, tensor<3xf32>
  return
}
