// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random group_norm
// RUN: %gradient group_norm

func.func @example(%x: tensor<?x4x6xf32>, %s: tensor<6xf32>) -> tensor<?x4x6xf32> {
  %y = dl.group_norm %x, %s groups 2 : tensor<?x4x6xf32>, tensor<6xf32>
  return %y : tensor<?x4x6xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.expand_shape
// CHECK: math.sqrt
// CHECK: tensor.collapse_shape

// -----

func.func @refused(%x: tensor<2x4x6xf32>) {
  // expected-error @below {{4 groups over an input of shape 2x4x6, expected a divisor of a known channel count}}
  %y = dl.group_norm %x groups 4 : tensor<2x4x6xf32>
  return
}
