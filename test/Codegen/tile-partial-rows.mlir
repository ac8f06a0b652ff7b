// RUN: dlc-opt %s -dlc-tile-partial-rows -split-input-file | FileCheck %s

// A tile of unknown rows becomes a loop over single ones, with what was computed for it inside.
// CHECK-LABEL: func.func @rows
// CHECK: scf.for
// CHECK-NOT: linalg.exp
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %arg2
// CHECK: %[[E:.*]] = linalg.exp {{.*}} -> tensor<1x8xf32>
// CHECK: linalg.negf ins(%[[E]] : tensor<1x8xf32>)
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[%[[ROW]], 0] [1, 8] [1, 1]
func.func @rows(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %m: index, %n: index) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %0 = scf.for %i = %c0 to %n step %m iter_args(%out = %y) -> (tensor<?x8xf32>) {
    %a = tensor.extract_slice %x[%i, 0] [%m, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
    %b = tensor.extract_slice %out[%i, 0] [%m, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
    %e = linalg.exp ins(%a : tensor<?x8xf32>) outs(%b : tensor<?x8xf32>) -> tensor<?x8xf32>
    %f = linalg.negf ins(%e : tensor<?x8xf32>) outs(%b : tensor<?x8xf32>) -> tensor<?x8xf32>
    %next = tensor.insert_slice %f into %out[%i, 0] [%m, 8] [1, 1] : tensor<?x8xf32> into tensor<?x8xf32>
    scf.yield %next : tensor<?x8xf32>
  }
  return %0 : tensor<?x8xf32>
}

// -----

// Unknown columns stay for a mask.
// CHECK-LABEL: func.func @columns
// CHECK-COUNT-1: scf.for
// CHECK-NOT: scf.for
// CHECK: linalg.exp {{.*}} -> tensor<8x?xf32>
func.func @columns(%x: tensor<8x?xf32>, %y: tensor<8x?xf32>, %n: index) -> tensor<8x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%out = %y) -> (tensor<8x?xf32>) {
    %e = linalg.exp ins(%x : tensor<8x?xf32>) outs(%out : tensor<8x?xf32>) -> tensor<8x?xf32>
    scf.yield %e : tensor<8x?xf32>
  }
  return %0 : tensor<8x?xf32>
}

// -----

// But for a product, which has none: the role says so.
// CHECK-LABEL: func.func @product
// CHECK-COUNT-2: scf.for
// CHECK: linalg.matmul {{.*}} -> tensor<8x1xf32>
func.func @product(%x: tensor<8x4xf32>, %w: tensor<4x?xf32>, %y: tensor<8x?xf32>, %n: index) -> tensor<8x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%out = %y) -> (tensor<8x?xf32>) {
    %e = linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins(%x, %w : tensor<8x4xf32>, tensor<4x?xf32>) outs(%out : tensor<8x?xf32>) -> tensor<8x?xf32>
    scf.yield %e : tensor<8x?xf32>
  }
  return %0 : tensor<8x?xf32>
}

// -----

// What the sums of a product begin with is masked.
// CHECK-LABEL: func.func @fill
// CHECK-COUNT-1: scf.for
// CHECK-NOT: scf.for
// CHECK: linalg.fill {{.*}} -> tensor<8x?xf32>
func.func @fill(%v: f32, %y: tensor<8x?xf32>, %n: index) -> tensor<8x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%out = %y) -> (tensor<8x?xf32>) {
    %e = linalg.fill {codegen.nest = #codegen.nest<0, fill>} ins(%v : f32) outs(%out : tensor<8x?xf32>) -> tensor<8x?xf32>
    scf.yield %e : tensor<8x?xf32>
  }
  return %0 : tensor<8x?xf32>
}
