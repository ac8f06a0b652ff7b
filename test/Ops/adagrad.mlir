// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random adagrad

func.func @example(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %p2, %s2 = dl.adagrad %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return %p2, %s2 : tensor<4x3xf32>, tensor<4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.square
// CHECK: dl.sqrt
// CHECK: dl.div

// -----

func.func @refused(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{epsilon -1.000000e+00, expected 0.000000e+00 or more}}
  %p2, %s2 = dl.adagrad %p, %g, %s, %r {epsilon = -1.0 : f64} : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return
}

// -----

func.func @refused1(%p: tensor<4x3xf32>, %g: tensor<4x2xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{gradient of type 'tensor<4x2xf32>', expected 'tensor<4x3xf32>' as the parameter}}
  %p2, %s2 = dl.adagrad %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<f32>
  return
}
