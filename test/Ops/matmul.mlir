// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random matmul
// RUN: %gradient matmul

func.func @example(%a: tensor<?x2x3xf32>, %b: tensor<3x4xf32>) -> tensor<?x2x4xf32> {
  %y = dl.matmul %a, %b : tensor<?x2x3xf32>, tensor<3x4xf32>
  return %y : tensor<?x2x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: arith.addf

// -----

func.func @refused(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @below {{operands of shapes 2x3 and 2x3 do not multiply, expected [..., M, K] and [..., K, N]}}
  %y = dl.matmul %a, %b : tensor<2x3xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @refused1(%a: tensor<2x3x3xf32>, %b: tensor<4x3x3xf32>) {
  // expected-error @below {{batch dimensions of shapes 2x3x3 and 4x3x3 do not broadcast}}
  %y = dl.matmul %a, %b : tensor<2x3x3xf32>, tensor<4x3x3xf32>
  return
}
