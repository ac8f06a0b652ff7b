// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random not

func.func @example(%x: tensor<2x?xi1>) -> tensor<2x?xi1> {
  %y = dl.not %x : tensor<2x?xi1>
  return %y : tensor<2x?xi1>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.xori

// -----

func.func @refused(%x: tensor<2xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.not %x : tensor<2xf32>
  return
}
