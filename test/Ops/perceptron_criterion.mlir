// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random perceptron_criterion
// RUN: %gradient perceptron_criterion

func.func @example(%x: tensor<?x3xf32>, %t: tensor<?x3xf32>) -> tensor<f32> {
  %y = dl.perceptron_criterion %x, %t : tensor<?x3xf32>, tensor<?x3xf32>
  return %y : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.less_equal
// CHECK: dl.reduce_mean

// -----

func.func @refused(%x: tensor<2x3xf32>, %t: tensor<2x4xf32>) {
  // expected-error @below {{targets of type 'tensor<2x4xf32>' for scores of type 'tensor<2x3xf32>', expected 2x3 of floats as them}}
  %y = dl.perceptron_criterion %x, %t : tensor<2x3xf32>, tensor<2x4xf32>
  return
}
