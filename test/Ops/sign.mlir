// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random sign
// RUN: %gradient sign

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.sign %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.cmpf ogt
// CHECK: arith.select

// -----

func.func @refused(%x: tensor<2xi1>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.sign %x : tensor<2xi1>
  return
}
