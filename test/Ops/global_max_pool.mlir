// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random global_max_pool
// RUN: %gradient global_max_pool

func.func @example(%x: tensor<?x7x7x3xf32>) -> tensor<?x1x1x3xf32> {
  %y = dl.global_max_pool %x : tensor<?x7x7x3xf32>
  return %y : tensor<?x1x1x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK: arith.maximumf

// -----

func.func @refused(%x: tensor<3x3xf32>) {
  // expected-error @below {{input of shape 3x3, expected [N, spatial..., C]}}
  %y = dl.global_max_pool %x : tensor<3x3xf32>
  return
}
