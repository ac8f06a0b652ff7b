// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random maximum
// RUN: %gradient maximum

func.func @example(%a: tensor<?x4xf32>, %b: tensor<4xf32>) -> tensor<?x4xf32> {
  %y = dl.maximum %a, %b : tensor<?x4xf32>, tensor<4xf32>
  return %y : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic {{.*}} ins(%arg0, %arg1
// CHECK: arith.maximumf

// -----

func.func @refused(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{shapes 2x3 and 4 do not broadcast: aligned at the last dimension, extents must be equal or 1}}
  %y = dl.maximum %a, %b : tensor<2x3xf32>, tensor<4xf32>
  return
}

// -----

func.func @refused1(%a: tensor<3xf32>, %b: tensor<3xf64>) {
  // expected-error @below {{operand 1 has element type 'f64', expected 'f32' as operand 0}}
  %y = dl.maximum %a, %b : tensor<3xf32>, tensor<3xf64>
  return
}
