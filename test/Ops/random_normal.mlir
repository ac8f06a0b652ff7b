// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random random_normal

func.func @example(%s: tensor<2xi64>) -> tensor<3x4xf32> {
  %y = dl.random_normal %s stream 3 : tensor<2xi64> to tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.random_bits %arg0 stream 3 :
// CHECK: dl.random_bits %arg0 stream 3 word 2
// CHECK: dl.log
// CHECK: dl.sqrt
// CHECK: dl.cos

// -----

func.func @refused(%s: tensor<2xi64>) {
  // expected-error @below {{deviation -1.000000e+00, expected 0 or more}}
  %y = dl.random_normal %s stream 3 deviation -1.0 : tensor<2xi64> to tensor<4xf32>
  return
}
