// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random adam

func.func @example(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %m: tensor<4x3xf32>, %v: tensor<4x3xf32>, %t: tensor<i64>, %r: tensor<f32>) -> (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>) {
  %p2, %s2, %v2 = dl.adam %p, %g, %m, %v, %t, %r : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<i64>, tensor<f32>
  return %p2, %s2, %v2 : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.square
// CHECK: dl.exp
// CHECK: dl.rsqrt
// CHECK: dl.div

// -----

func.func @refused(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %m: tensor<4x3xf32>, %v: tensor<4x3xf32>, %t: tensor<i64>, %r: tensor<f32>) {
  // expected-error @below {{beta1 1.000000e+00, expected 0.000000e+00 to less than 1.000000e+00}}
  %p2, %s2, %v2 = dl.adam %p, %g, %m, %v, %t, %r {beta1 = 1.0 : f64} : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<i64>, tensor<f32>
  return
}

// -----

func.func @refused1(%p: tensor<4x3xf32>, %g: tensor<4x2xf32>, %m: tensor<4x3xf32>, %v: tensor<4x3xf32>, %t: tensor<i64>, %r: tensor<f32>) {
  // expected-error @below {{gradient of type 'tensor<4x2xf32>', expected 'tensor<4x3xf32>' as the parameter}}
  %p2, %s2, %v2 = dl.adam %p, %g, %m, %v, %t, %r : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<i64>, tensor<f32>
  return
}
