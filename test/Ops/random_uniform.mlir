// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random random_uniform

func.func @example(%s: tensor<2xi64>, %n: index) -> tensor<?x4xf32> {
  %y = dl.random_uniform %s[%n] stream 3 low -1.0 : tensor<2xi64> to tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.random_bits %arg0[%arg1] stream 3
// CHECK: dl.shift_right
// CHECK: dl.cast
// CHECK: dl.mul

// -----

func.func @refused(%s: tensor<2xi64>) {
  // expected-error @below {{low 2.000000e+00 is above high 1.000000e+00}}
  %y = dl.random_uniform %s stream 3 low 2.0 : tensor<2xi64> to tensor<4xf32>
  return
}
