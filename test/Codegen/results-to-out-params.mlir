// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dlc-results-to-out-params | FileCheck %s

// What is stored is written after all else; a load after the store reads it.
ml_program.global private mutable @s(dense<0.0> : tensor<4xf32>) : tensor<4xf32>
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  ml_program.global_store @s = %x : tensor<4xf32>
  %0 = ml_program.global_load @s : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: memref.global "private" @s : memref<4xf32> = dense<0.000000e+00>
// CHECK-LABEL: func.func @f
// CHECK: %[[X:.*]] = bufferization.to_tensor %arg2
// CHECK: bufferization.materialize_in_destination %[[X]] in restrict writable %arg3
// CHECK: memref.copy
// CHECK-NEXT: return

// -----

ml_program.global private mutable @s(dense<0.0> : tensor<4xf32>) : tensor<4xf32>
func.func @g(%x: tensor<4xf32>, %c: tensor<1xi8>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %byte = tensor.extract %c[%c0] : tensor<1xi8>
  %flag = arith.trunci %byte : i8 to i1
  scf.if %flag {
    // expected-error @below {{stores @s in a region of 'scf.if', expected the function's body: let the region yield the value and store that}}
    ml_program.global_store @s = %x : tensor<4xf32>
  }
  return %x : tensor<4xf32>
}
