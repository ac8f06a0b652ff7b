// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random cosh
// RUN: %gradient cosh

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.cosh %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: math.cosh

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.cosh %x : tensor<2xi32>
  return
}
