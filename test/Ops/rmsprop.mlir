// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random rmsprop

func.func @example(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %p2, %s2 = dl.rmsprop %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return %p2, %s2 : tensor<4x3xf32>, tensor<4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.square
// CHECK: dl.sqrt
// CHECK: dl.div

// -----

func.func @refused(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{rho -5.000000e-01, expected 0.000000e+00 to less than 1.000000e+00}}
  %p2, %s2 = dl.rmsprop %p, %g, %s, %r {rho = -0.5 : f64} : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return
}

// -----

func.func @refused1(%p: tensor<4x3xf32>, %g: tensor<4x2xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{gradient of type 'tensor<4x2xf32>', expected 'tensor<4x3xf32>' as the parameter}}
  %p2, %s2 = dl.rmsprop %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<f32>
  return
}
