// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random cross_entropy
// RUN: %gradient cross_entropy

func.func @example(%x: tensor<?x3xf32>, %t: tensor<?xi64>) -> tensor<f32> {
  %y = dl.cross_entropy %x, %t : tensor<?x3xf32>, tensor<?xi64>
  return %y : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.log_softmax
// CHECK: dl.require_range "a label" %arg1 from 0 to 3
// CHECK: dl.equal
// CHECK: dl.reduce_mean

// -----

func.func @refused(%x: tensor<2x3xf32>, %t: tensor<3xi64>) {
  // expected-error @below {{targets of type 'tensor<3xi64>' for scores of type 'tensor<2x3xf32>', expected 2x3 of floats as them or 2 of i32 or i64}}
  %y = dl.cross_entropy %x, %t : tensor<2x3xf32>, tensor<3xi64>
  return
}

// -----

func.func @refused1(%x: tensor<2x3xf32>, %t: tensor<2xi64>) {
  // expected-error @below {{smoothing 1.000000e+00, expected 0 to less than 1}}
  %y = dl.cross_entropy %x, %t smoothing 1.0 : tensor<2x3xf32>, tensor<2xi64>
  return
}
