// RUN: dlc-opt %s -dlc-carry-in-place | FileCheck %s

// The state goes into the buffer of the one before.
// CHECK-LABEL: func @state(
// CHECK: %[[NEXT:.*]] = linalg.exp
// CHECK: tensor.insert_slice %[[NEXT]] into %{{.*}}[0] [4] [1]
func.func @state(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
    %e = bufferization.alloc_tensor() : tensor<4xf32>
    %y = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %y : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// One of another extent has no place there.
// CHECK-LABEL: func @changes(
// CHECK-NOT: tensor.insert_slice
func.func @changes(%x: tensor<?xf32>, %y: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %y, %c0 : tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<?xf32>) {
    %e = bufferization.alloc_tensor(%m) : tensor<?xf32>
    %z = linalg.exp ins(%y : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %z : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
