// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random remainder
// RUN: %gradient remainder

func.func @example(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.remainder %a, %b : tensor<4xf32>
  return %y : tensor<4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.remf

// -----

func.func @refused(%a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{shapes 4 and 3 do not broadcast}}
  %y = dl.remainder %a, %b : tensor<4xf32>, tensor<3xf32>
  return
}
