// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random expm1 --formula "np.expm1(x)" --ulps 4
// RUN: %gradient expm1

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.expm1 %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: math.expm1

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.expm1 %x : tensor<2xi32>
  return
}
