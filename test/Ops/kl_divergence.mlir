// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random kl_divergence
// RUN: %gradient kl_divergence

func.func @example(%x: tensor<?x3xf32>, %t: tensor<?x3xf32>) -> tensor<f32> {
  %y = dl.kl_divergence %x, %t : tensor<?x3xf32>, tensor<?x3xf32>
  return %y : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.log_softmax
// CHECK: dl.reduce_sum
// CHECK: dl.reduce_mean

// -----

func.func @refused(%x: tensor<2x3xf32>, %t: tensor<2x4xf32>) {
  // expected-error @below {{targets of type 'tensor<2x4xf32>' for scores of type 'tensor<2x3xf32>', expected 2x3 of floats as them}}
  %y = dl.kl_divergence %x, %t : tensor<2x3xf32>, tensor<2x4xf32>
  return
}
