// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random iota

func.func @example(%n: index) -> tensor<?x3xf32> {
  %y = dl.iota [%n] axis 0 : tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: linalg.index 0
// CHECK: arith.sitofp

// -----

func.func @refused() {
  // expected-error @below {{axis 2 is out of range for an operand of rank 1}}
  %y = dl.iota axis 2 : tensor<3xi64>
  return
}
