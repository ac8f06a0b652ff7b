// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random require_finite

func.func @example(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = dl.require_finite "the loss" %x : tensor<?xf32>
  return %y : tensor<?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: codegen.require {{.*}}"{{.*}}: dl.require_finite: the result of the loss is not finite"

// -----

func.func @refused(%x: tensor<2xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  %y = dl.require_finite "x" %x : tensor<2xi32>
  return
}
