// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random non_max_suppression

func.func @example(%b: tensor<1x6x4xf32>, %s: tensor<1x2x6xf32>, %n: i64, %o: f32, %t: f32) -> tensor<?x3xi64> {
  %y = dl.non_max_suppression %b, %s, %n, %o, %t : tensor<1x6x4xf32>, tensor<1x2x6xf32>
  return %y : tensor<?x3xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: scf.for
// CHECK:   scf.for
// CHECK:     scf.while
// CHECK: tensor.extract_slice

// -----

func.func @refused(%b: tensor<1x6x4xf32>, %s: tensor<1x2x7xf32>, %n: i64, %o: f32, %t: f32) {
  // expected-error @below {{boxes and scores have shapes 1x6x4 and 1x2x7, expected [batch, n, 4] and [batch, classes, n]}}
  %y = dl.non_max_suppression %b, %s, %n, %o, %t : tensor<1x6x4xf32>, tensor<1x2x7xf32>
  return
}
