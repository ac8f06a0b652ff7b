// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random learning_rate

func.func @example(%t: tensor<i64>) -> tensor<f32> {
  %r = dl.learning_rate %t cosine 0.1 steps 100 warmup 10 to f32 : tensor<i64>
  return %r : tensor<f32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.cos
// CHECK: dl.select
// CHECK: dl.cast

// -----

func.func @refused(%t: tensor<i64>) {
  // expected-error @below {{rate -1.000000e-01, expected 0.000000e+00 or more}}
  %r = dl.learning_rate %t step -0.1 to f32 : tensor<i64>
  return
}

// -----

func.func @refused1(%t: tensor<i64>) {
  // expected-error @below {{steps 0 and warmup 0, expected 1 or more and 0 or more}}
  %r = dl.learning_rate %t step 0.1 steps 0 to f32 : tensor<i64>
  return
}
