// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random log_sigmoid --formula "-np.logaddexp(0, -x)" --ulps 8
// RUN: %gradient log_sigmoid

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.log_sigmoid %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.minimumf
// CHECK: math.log1p

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.log_sigmoid %x : tensor<2xi32>
  return
}
