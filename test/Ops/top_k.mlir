// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random top_k
// RUN: %gradient top_k

func.func @example(%x: tensor<2x9xf32>, %k: index) -> (tensor<2x?xf32>, tensor<2x?xi64>) {
  %v, %i = dl.top_k %x, %k : tensor<2x9xf32> to tensor<2x?xf32>, tensor<2x?xi64>
  return %v, %i : tensor<2x?xf32>, tensor<2x?xi64>
}
// CHECK-LABEL: func.func @example
// CHECK: arith.cmpi ule, %arg1
// CHECK: codegen.require %{{.*}}, "{{.*}}: dl.top_k: k is negative or more than there are elements"
// CHECK: scf.for

// -----

func.func @refused(%x: tensor<2x9xf32>, %k: index) {
  // expected-error @below {{takes 10 of the 9 elements of the last dimension}}
  %v, %i = dl.top_k %x, %k : tensor<2x9xf32> to tensor<2x10xf32>, tensor<2x10xi64>
  return
}
