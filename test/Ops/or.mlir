// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random or

func.func @example(%a: tensor<?x4xi1>, %b: tensor<4xi1>) -> tensor<?x4xi1> {
  %y = dl.or %a, %b : tensor<?x4xi1>, tensor<4xi1>
  return %y : tensor<?x4xi1>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.ori

// -----

func.func @refused(%a: tensor<2x3xi1>, %b: tensor<4xi1>) {
  // expected-error @below {{shapes 2x3 and 4 do not broadcast: aligned at the last dimension, extents must be equal or 1}}
  %y = dl.or %a, %b : tensor<2x3xi1>, tensor<4xi1>
  return
}
