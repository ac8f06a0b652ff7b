// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random select
// RUN: %gradient select

func.func @example(%c: tensor<3xi1>, %a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = dl.select %c, %a, %b : tensor<3xi1>, tensor<2x3xf32>, tensor<3xf32>
  return %y : tensor<2x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.select

// -----

func.func @refused(%c: tensor<3xi1>, %a: tensor<2x4xf32>) {
  // expected-error @below {{shapes 3 and 2x4 do not broadcast}}
  %y = dl.select %c, %a, %a : tensor<3xi1>, tensor<2x4xf32>
  return
}
