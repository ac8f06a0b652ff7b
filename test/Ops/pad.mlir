// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random pad
// RUN: %gradient pad

func.func @example(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
  %y = dl.pad %x low [1, 0] high [0, 2] value 1.0 : tensor<?x4xf32>
  return %y : tensor<?x6xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.pad %arg0 low[1, 0] high[0, 2]

// -----

func.func @refused(%x: tensor<2x3xf32>) {
  // expected-error @below {{pads dimension 0 of shape 2x3 by -1 and 0, expected 0 or more (dl.slice crops)}}
  %y = dl.pad %x low [-1, 0] high [0, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x3xf32>) {
  // expected-error @below {{pads dimension 0 of shape 2x3 by 2, mode reflect allows at most 1}}
  %y = dl.pad %x low [2, 0] high [0, 0] mode reflect : tensor<2x3xf32>
  return
}
