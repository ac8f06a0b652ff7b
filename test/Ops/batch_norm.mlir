// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random batch_norm
// RUN: %gradient batch_norm

func.func @example(%x: tensor<?x4x3xf32>, %s: tensor<3xf32>, %o: tensor<3xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> tensor<?x4x3xf32> {
  %y = dl.batch_norm %x, %s, %o, %m, %v : tensor<?x4x3xf32>, tensor<3xf32>
  return %y : tensor<?x4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: math.sqrt
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: arith.addf

// -----

func.func @refused(%x: tensor<2x4xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{scale has shape 3, expected 4 as the number of channels}}
  %y = dl.batch_norm %x, %s, %s, %s, %s : tensor<2x4xf32>, tensor<3xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{epsilon -1.000000e+00, expected a number of 0 or more}}
  %y = dl.batch_norm %x, %s, %s, %s, %s epsilon -1.0 : tensor<2x3xf32>, tensor<3xf32>
  return
}
