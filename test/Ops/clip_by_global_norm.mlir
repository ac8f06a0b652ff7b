// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random clip_by_global_norm

func.func @example(%a: tensor<4x3xf32>, %b: tensor<7xf32>) -> (tensor<4x3xf32>, tensor<7xf32>) {
  %c, %d = dl.clip_by_global_norm %a, %b to 1.0 : tensor<4x3xf32>, tensor<7xf32>
  return %c, %d : tensor<4x3xf32>, tensor<7xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.square %arg0
// CHECK: dl.square %arg1
// CHECK: dl.sqrt
// CHECK: dl.maximum
// CHECK: dl.mul %arg0

// -----

func.func @refused(%a: tensor<4x3xf32>) {
  // expected-error @below {{limit 0.000000e+00, expected more than 0}}
  %c = dl.clip_by_global_norm %a to 0.0 : tensor<4x3xf32>
  return
}
