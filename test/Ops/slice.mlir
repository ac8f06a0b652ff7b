// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random slice
// RUN: %gradient slice

func.func @example(%x: tensor<5x6xf32>) -> tensor<3x3xf32> {
  %y = dl.slice %x [1, 0] to [4, 6] steps [1, 2] : tensor<5x6xf32>
  return %y : tensor<3x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.extract_slice %arg0[1, 0] [3, 3] [1, 2]

// -----

func.func @refused(%x: tensor<5x6xf32>) {
  // expected-error @below {{has 1 starts, 1 ends and 2 steps for an operand of shape 5x6, expected 2 of each}}
  %y = dl.slice %x [1] to [4] : tensor<5x6xf32>
  return
}

// -----

func.func @refused1(%x: tensor<5xf32>) {
  // expected-error @below {{step 0 in dimension 0, expected another number}}
  %y = dl.slice %x [1] to [4] steps [0] : tensor<5xf32>
  return
}
