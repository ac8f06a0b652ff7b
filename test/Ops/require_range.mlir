// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random require_range

func.func @example(%x: tensor<?xi64>) -> tensor<?xi64> {
  %y = dl.require_range "a label" %x from 0 to 10 : tensor<?xi64>
  return %y : tensor<?xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: codegen.require {{.*}}"{{.*}}: dl.require_range: a label is outside 0 to 9"

// -----

func.func @refused(%x: tensor<2xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.require_range "a label" %x from 0 to 10 : tensor<2xf32>
  return
}
