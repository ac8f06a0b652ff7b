// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random instance_norm
// RUN: %gradient instance_norm

func.func @example(%x: tensor<?x4x6xf32>, %s: tensor<6xf32>) -> tensor<?x4x6xf32> {
  %y = dl.instance_norm %x, %s : tensor<?x4x6xf32>, tensor<6xf32>
  return %y : tensor<?x4x6xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: math.sqrt
// CHECK: arith.mulf

// -----

func.func @refused(%x: tensor<2x4x6xf32>, %s: tensor<5xf32>) {
  // expected-error @below {{scale has shape 5, expected 6 as the number of channels}}
  %y = dl.instance_norm %x, %s : tensor<2x4x6xf32>, tensor<5xf32>
  return
}
