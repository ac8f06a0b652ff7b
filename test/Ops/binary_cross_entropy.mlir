// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random binary_cross_entropy
// RUN: %gradient binary_cross_entropy

func.func @example(%x: tensor<?x3xf32>, %t: tensor<?x3xf32>) -> tensor<f32> {
  %y = dl.binary_cross_entropy %x, %t : tensor<?x3xf32>, tensor<?x3xf32>
  return %y : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.softplus
// CHECK: dl.mul
// CHECK: dl.reduce_mean

// -----

func.func @refused(%x: tensor<2x3xf32>, %t: tensor<2x4xf32>) {
  // expected-error @below {{targets of type 'tensor<2x4xf32>' for scores of type 'tensor<2x3xf32>', expected 2x3 of floats as them}}
  %y = dl.binary_cross_entropy %x, %t : tensor<2x3xf32>, tensor<2x4xf32>
  return
}
