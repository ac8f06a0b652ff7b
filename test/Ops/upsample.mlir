// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random upsample
// RUN: %gradient upsample

func.func @example(%x: tensor<?x2x3x4xf32>) -> tensor<?x4x9x4xf32> {
  %y = dl.upsample %x by [2, 3] : tensor<?x2x3x4xf32>
  return %y : tensor<?x4x9x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: tensor.collapse_shape

// -----

func.func @refused(%x: tensor<1x2x3x4xf32>) {
  // expected-error @below {{has 1 scales for an operand of shape 1x2x3x4, expected one for each spatial dimension}}
  %y = dl.upsample %x by [2] : tensor<1x2x3x4xf32>
  return
}
