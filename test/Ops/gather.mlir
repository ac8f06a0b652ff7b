// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random gather
// RUN: %gradient gather

func.func @example(%x: tensor<100x8xf32>, %i: tensor<?xi64>) -> tensor<?x8xf32> {
  %y = dl.gather %x, %i : tensor<100x8xf32>, tensor<?xi64>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: tensor.extract %arg0

// -----

func.func @refused(%x: tensor<4x8xf32>, %i: tensor<3xi32>) {
  // expected-error @below {{axis 2 is out of range for an operand of rank 2}}
  %y = dl.gather %x, %i axis 2 : tensor<4x8xf32>, tensor<3xi32>
  return
}
