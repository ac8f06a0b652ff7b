// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random scatter
// RUN: %gradient scatter

func.func @example(%x: tensor<4x3xf32>, %i: tensor<2xi64>, %u: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %y = dl.scatter %x, %i, %u kind add : tensor<4x3xf32>, tensor<2xi64>, tensor<2x3xf32>
  return %y : tensor<4x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: scf.for
// CHECK:   tensor.extract %arg1
// CHECK:   scf.for
// CHECK:     arith.addf
// CHECK:     tensor.insert

// -----

// Rows of many elements are vectors.
func.func @rows(%x: tensor<4x32xf32>, %i: tensor<2xi64>, %u: tensor<2x32xf32>) -> tensor<4x32xf32> {
  %y = dl.scatter %x, %i, %u kind add : tensor<4x32xf32>, tensor<2xi64>, tensor<2x32xf32>
  return %y : tensor<4x32xf32>
}
// CHECK-LABEL: func.func @rows
// CHECK: scf.for
// CHECK:   tensor.extract %arg1
// CHECK:   %[[NEW:.*]] = tensor.extract_slice %arg2
// CHECK:   %[[OLD:.*]] = tensor.extract_slice
// CHECK:   linalg.generic {{.*}} ins(%[[NEW]] : {{.*}} outs(%[[OLD]] :
// CHECK:     arith.addf
// CHECK:   tensor.insert_slice

// -----

func.func @refused(%x: tensor<4x3xf32>, %i: tensor<2xi64>, %u: tensor<2x5xf32>) {
  // expected-error @below {{x, indices and updates have shapes 4x3, 2 and 2x5, expected [n, rest...], [k] and [k, rest...]}}
  %y = dl.scatter %x, %i, %u : tensor<4x3xf32>, tensor<2xi64>, tensor<2x5xf32>
  return
}
