// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random argsort

// Runs of twice the length in each pass; rows are compared up to the first
// difference.
func.func @example(%x: tensor<?x3xf32>) -> tensor<?xi64> {
  %y = dl.argsort %x : tensor<?x3xf32>
  return %y : tensor<?xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[WIDTH:.*]] = arith.shli
// CHECK: scf.for
// CHECK: scf.while

// -----

func.func @refused(%x: tensor<5xf32>) {
  // expected-error @below {{'dl.argsort' op operand has shape 5, expected a matrix}}
  %y = dl.argsort %x : tensor<5xf32>
  return
}
