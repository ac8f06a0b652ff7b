// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random dense
// RUN: %gradient dense

func.func @example(%x: tensor<?x784xf32>, %w: tensor<784x10xf32>, %b: tensor<10xf32>) -> tensor<?x10xf32> {
  %y = dl.dense %x, %w, %b : tensor<?x784xf32>, tensor<784x10xf32>, tensor<10xf32>
  return %y : tensor<?x10xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.matmul
// CHECK: arith.addf

// -----

func.func @refused(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @below {{input of shape 2x3 does not meet weights of shape 4x5, expected [..., K] and [K, N]}}
  %y = dl.dense %x, %w : tensor<2x3xf32>, tensor<4x5xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x4xf32>, %w: tensor<4x5xf32>, %b: tensor<6xf32>) {
  // expected-error @below {{bias has shape 6, expected 5 as the weights' last extent}}
  %y = dl.dense %x, %w, %b : tensor<2x4xf32>, tensor<4x5xf32>, tensor<6xf32>
  return
}
