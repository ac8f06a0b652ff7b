// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random cumulative
// RUN: %gradient cumulative

// A loop along the axis carries the sum.
func.func @example(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = dl.cumulative sum %x axis 1 : tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: scf.for
// CHECK:   scf.for {{.*}} iter_args(%{{.*}} = %cst
// CHECK:     arith.addf
// CHECK:     tensor.insert

// -----

func.func @refused(%x: tensor<2x5xf32>) {
  // expected-error @below {{axis 2 is out of range for an operand of rank 2}}
  %y = dl.cumulative sum %x axis 2 : tensor<2x5xf32>
  return
}
