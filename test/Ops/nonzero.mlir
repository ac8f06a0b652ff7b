// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random nonzero

// Counted first, then written: the second loop's result has that many columns.
func.func @example(%x: tensor<5xi1>) -> tensor<1x?xi64> {
  %y = dl.nonzero %x : tensor<5xi1>
  return %y : tensor<1x?xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: %[[COUNT:.*]] = scf.for
// CHECK: tensor.empty(%[[COUNT]])
// CHECK: scf.for

// -----

func.func @refused(%x: tensor<5xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 1-bit signless integer values}}
  %y = dl.nonzero %x : tensor<5xf32>
  return
}
