// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random shift_left

// A count that is negative or too large shifts all bits out.
func.func @example(%a: tensor<4xui64>, %b: tensor<4xui64>) -> tensor<4xui64> {
  %y = dl.shift_left %a, %b : tensor<4xui64>
  return %y : tensor<4xui64>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.cmpi ult, %{{.*}}, %c64
// CHECK: arith.shli
// CHECK: arith.select

// -----

func.func @refused(%a: tensor<4xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.shift_left %a, %a : tensor<4xf32>
  return
}
