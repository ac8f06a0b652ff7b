// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random momentum

func.func @example(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %p2, %s2 = dl.momentum %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return %p2, %s2 : tensor<4x3xf32>, tensor<4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.mul
// CHECK: dl.add
// CHECK: dl.sub

// -----

func.func @refused(%p: tensor<4x3xf32>, %g: tensor<4x3xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{momentum 1.500000e+00, expected 0.000000e+00 to less than 1.000000e+00}}
  %p2, %s2 = dl.momentum %p, %g, %s, %r {momentum = 1.5 : f64} : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>
  return
}

// -----

func.func @refused1(%p: tensor<4x3xf32>, %g: tensor<4x2xf32>, %s: tensor<4x3xf32>, %r: tensor<f32>) {
  // expected-error @below {{gradient of type 'tensor<4x2xf32>', expected 'tensor<4x3xf32>' as the parameter}}
  %p2, %s2 = dl.momentum %p, %g, %s, %r : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<f32>
  return
}
