// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random arg_max_pool

func.func @example(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xi64> {
  %y = dl.arg_max_pool %x window [2, 2] strides [2, 2] : tensor<1x4x4x2xf32>
  return %y : tensor<1x2x2x2xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.cmpf ogt

// -----

func.func @refused(%x: tensor<1x4x4x2xf32>) {
  // expected-error @below {{window of 1 extents over an input of shape 1x4x4x2}}
  %y = dl.arg_max_pool %x window [2] : tensor<1x4x4x2xf32>
  return
}
