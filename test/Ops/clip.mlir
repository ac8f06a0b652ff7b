// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random clip
// RUN: %gradient clip

func.func @example(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %y = dl.clip %x low 0.0 high 6.0 : tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.maximumf
// CHECK: arith.minimumf

// -----

func.func @refused(%x: tensor<2x?xf32>) {
  // expected-error @below {{low 2.000000e+00 is above high 1.000000e+00}}
  %y = dl.clip %x low 2.0 high 1.0 : tensor<2x?xf32>
  return
}
