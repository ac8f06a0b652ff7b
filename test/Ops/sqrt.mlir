// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random sqrt
// RUN: %gradient sqrt

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.sqrt %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: math.sqrt

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.sqrt %x : tensor<2xi32>
  return
}
