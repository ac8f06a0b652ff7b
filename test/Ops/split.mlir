// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random split
// RUN: %gradient split

func.func @example(%x: tensor<?x5xf32>) -> (tensor<?x2xf32>, tensor<?x3xf32>) {
  %y:2 = dl.split %x axis 1 sizes [2, 3] : tensor<?x5xf32>
  return %y#0, %y#1 : tensor<?x2xf32>, tensor<?x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: tensor.extract_slice %arg0[0, 0] [%{{.*}}, 2] [1, 1]
// CHECK: tensor.extract_slice %arg0[0, 2] [%{{.*}}, 3] [1, 1]

// -----

func.func @refused(%x: tensor<2x5xf32>) {
  // expected-error @below {{sizes [2x2] do not add up to axis 1 of shape 2x5}}
  %y:2 = dl.split %x axis 1 sizes [2, 2] : tensor<2x5xf32>
  return
}
