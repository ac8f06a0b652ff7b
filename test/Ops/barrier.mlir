// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: dlc-opt %s -split-input-file -verify-diagnostics -cse -canonicalize | FileCheck %s --check-prefix=CSE
// RUN: %random barrier
// RUN: %gradient barrier

func.func @example(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dl.barrier %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: bufferization.alloc_tensor() copy(%arg0)

// -----

// Two of them are two values, and what follows is computed twice; one that nobody reads
// goes.
// CSE-LABEL: func.func @twice
// CSE-COUNT-2: dl.barrier
// CSE-COUNT-2: dl.exp
// CSE-NOT: dl.barrier
func.func @twice(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = dl.barrier %x : tensor<4xf32>
  %b = dl.barrier %x : tensor<4xf32>
  %c = dl.barrier %x : tensor<4xf32>
  %y = dl.exp %a : tensor<4xf32>
  %z = dl.exp %b : tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @refused(%x: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %y = "dl.barrier"(%x) : (tensor<4xf32>) -> tensor<5xf32>
  return
}
