// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random cast

func.func @example(%x: tensor<?xf32>) -> tensor<?xi32> {
  %y = dl.cast %x to i32 : tensor<?xf32>
  return %y : tensor<?xi32>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.fptosi
// CHECK: arith.select

// -----

func.func @refused(%x: tensor<?xf32>) {
  // expected-error @below {{result #0 must be ranked tensor of 16-bit float}}
  %y = dl.cast %x to i7 : tensor<?xf32>
  return
}
