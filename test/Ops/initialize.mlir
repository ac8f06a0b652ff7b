// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random initialize

func.func @example(%s: tensor<2xi64>) -> tensor<3x4xf32> {
  %y = dl.initialize glorot_uniform %s stream 3 : tensor<2xi64> to tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.random_bits %arg0 stream 3
// CHECK: dl.mul
// CHECK: dl.add

// -----

func.func @refused(%s: tensor<2xi64>, %n: index) {
  // expected-error @below {{of shape ?x4, expected weights [window..., in, out] of known extents}}
  %y = dl.initialize he_normal %s[%n] stream 3 : tensor<2xi64> to tensor<?x4xf32>
  return
}
