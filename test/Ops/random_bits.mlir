// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random random_bits

func.func @example(%s: tensor<2xi64>, %n: index) -> tensor<?x4xui32> {
  %y = dl.random_bits %s[%n] stream 3 : tensor<2xi64> to tensor<?x4xui32>
  return %y : tensor<?x4xui32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.mului_extended
// CHECK: arith.xori

// -----

func.func @refused(%s: tensor<3xi64>) {
  // expected-error @below {{random state of type 'tensor<3xi64>', expected tensor<2xi64>: a seed and a step}}
  %y = dl.random_bits %s stream 3 : tensor<3xi64> to tensor<4xui32>
  return
}

// -----

func.func @refused1(%s: tensor<2xi64>) {
  // expected-error @below {{word 4, expected 0 to 3}}
  %y = dl.random_bits %s stream 3 word 4 : tensor<2xi64> to tensor<4xui32>
  return
}
