// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random arg_max

func.func @example(%x: tensor<?x4xf32>) -> tensor<?xi64> {
  %y = dl.arg_max %x axis 1 : tensor<?x4xf32>
  return %y : tensor<?xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.cmpf ogt
// CHECK: linalg.index 1

// -----

func.func @refused(%x: tensor<2x0xf32>) {
  // expected-error @below {{axis 1 of shape 2x0 is empty, expected at least one element}}
  %y = dl.arg_max %x axis 1 : tensor<2x0xf32>
  return
}
