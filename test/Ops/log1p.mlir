// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random log1p
// RUN: %gradient log1p

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.log1p %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: math.log1p

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.log1p %x : tensor<2xi32>
  return
}
