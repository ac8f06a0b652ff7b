// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random softmax
// RUN: %gradient softmax

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.softmax %x : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.maximumf
// CHECK: arith.subf
// CHECK: math.exp

// -----

func.func @refused(%x: tensor<2x?xf32>) {
  // expected-error @below {{axis 2 is out of range for an operand of rank 2, expected -2 to 1}}
  %y = dl.softmax %x axis 2 : tensor<2x?xf32>
  return
}
