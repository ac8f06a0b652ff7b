// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random concat
// RUN: %gradient concat

func.func @example(%a: tensor<?x4xf32>, %b: tensor<2x4xf32>) -> tensor<?x4xf32> {
  %y = dl.concat %a, %b axis 0 : tensor<?x4xf32>, tensor<2x4xf32>
  return %y : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.insert_slice %arg0
// CHECK: tensor.insert_slice %arg1

// -----

func.func @refused(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @below {{operands of shapes 2x3 and 2x4 differ in more than axis 0}}
  %y = dl.concat %a, %b axis 0 : tensor<2x3xf32>, tensor<2x4xf32>
  return
}
