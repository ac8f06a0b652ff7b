// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random dropout
// RUN: %gradient dropout

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.dropout %x rate 0.3 : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: return %arg0

// -----

func.func @refused(%x: tensor<2x?xf32>) {
  // expected-error @below {{rate 1.500000e+00, expected 0 to less than 1}}
  %y = dl.dropout %x rate 1.5 : tensor<2x?xf32>
  return
}
