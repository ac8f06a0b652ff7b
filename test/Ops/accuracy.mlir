// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random accuracy

func.func @example(%x: tensor<?x3xf32>, %t: tensor<?xi64>) -> tensor<f32> {
  %y = dl.accuracy %x, %t : tensor<?x3xf32>, tensor<?xi64>
  return %y : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.arg_max
// CHECK: dl.equal
// CHECK: dl.reduce_mean

// -----

func.func @refused(%x: tensor<2x3xf32>, %t: tensor<3xi64>) {
  // expected-error @below {{targets of type 'tensor<3xi64>' for scores of type 'tensor<2x3xf32>', expected 2x3 of floats as them or 2 of i32 or i64}}
  %y = dl.accuracy %x, %t : tensor<2x3xf32>, tensor<3xi64>
  return
}
