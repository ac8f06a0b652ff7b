// RUN: dlc-opt %s -dlc-duplicate-shared-destinations | FileCheck %s

// Two results begin with one slice; each gets its own, down to the empty tensor.
// CHECK-LABEL: func.func @f
// CHECK: %[[E1:.*]] = tensor.empty
// CHECK: %[[E2:.*]] = tensor.empty
// CHECK: %[[B1:.*]] = tensor.insert_slice %arg0 into %[[E1]][0]
// CHECK: %[[B2:.*]] = tensor.insert_slice %arg0 into %[[E2]][0]
// CHECK-DAG: tensor.insert_slice %arg1 into %[[B2]][1]
// CHECK-DAG: tensor.insert_slice %arg2 into %[[B1]][1]
func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %c: tensor<1xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = tensor.empty() : tensor<2xf32>
  %1 = tensor.insert_slice %a into %0[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
  %2 = tensor.insert_slice %b into %1[1] [1] [1] : tensor<1xf32> into tensor<2xf32>
  %3 = tensor.insert_slice %c into %1[1] [1] [1] : tensor<1xf32> into tensor<2xf32>
  return %2, %3 : tensor<2xf32>, tensor<2xf32>
}

// Two tiles of one result: the second tile's slice is no second result.
// CHECK-LABEL: func.func @tiles
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %arg0
// CHECK-NEXT: tensor.extract_slice %[[FIRST]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: tensor.insert_slice %{{.*}} into %[[FIRST]]
func.func @tiles(%a: tensor<1xf32>, %b: tensor<2xf32>, %c: f32) -> tensor<2xf32> {
  %0 = tensor.insert_slice %a into %b[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
  %1 = tensor.extract_slice %0[1] [1] [1] : tensor<2xf32> to tensor<1xf32>
  %2 = linalg.fill ins(%c : f32) outs(%1 : tensor<1xf32>) -> tensor<1xf32>
  %3 = tensor.insert_slice %2 into %0[1] [1] [1] : tensor<1xf32> into tensor<2xf32>
  return %3 : tensor<2xf32>
}

// Layers that share an empty tensor get one each, with the slice that a tile of it was
// written to.
// CHECK-LABEL: func.func @layers
// CHECK-DAG: %[[S1:.*]] = tensor.extract_slice %[[E1:.*]][0]
// CHECK: %[[F1:.*]] = linalg.fill ins(%arg0 : f32) outs(%[[S1]]
// CHECK-DAG: %[[S2:.*]] = tensor.extract_slice %[[E2:.*]][0]
// CHECK: %[[F2:.*]] = linalg.fill ins(%arg1 : f32) outs(%[[S2]]
// CHECK: tensor.insert_slice %[[F1]] into %[[E1]][0]
// CHECK: tensor.insert_slice %[[F2]] into %[[E2]][0]
func.func @layers(%a: f32, %b: f32) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = tensor.empty() : tensor<2xf32>
  %1 = tensor.extract_slice %0[0] [1] [1] : tensor<2xf32> to tensor<1xf32>
  %2 = linalg.fill ins(%a : f32) outs(%1 : tensor<1xf32>) -> tensor<1xf32>
  %3 = linalg.fill ins(%b : f32) outs(%1 : tensor<1xf32>) -> tensor<1xf32>
  %4 = tensor.insert_slice %2 into %0[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
  %5 = tensor.insert_slice %3 into %0[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
  return %4, %5 : tensor<2xf32>, tensor<2xf32>
}

// Two reductions whose accumulators begin in one filled tensor, in tiles: each chain of
// vector writes gets a tensor of its own.
// CHECK-LABEL: func.func @vectors
// CHECK-DAG: %[[A:.*]] = vector.transfer_write %arg0, %[[E1:[^\[]*]][
// CHECK-DAG: %[[B:.*]] = vector.transfer_write %arg0, %[[E2:[^\[]*]][
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[B]])
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[A]])
func.func @vectors(%v: vector<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4xf32>
  %w = vector.transfer_write %v, %e[%c0] : vector<4xf32>, tensor<4xf32>
  %a = scf.for %i = %c0 to %n step %c1 iter_args(%t = %w) -> tensor<4xf32> {
    %x = vector.transfer_write %v, %t[%i] : vector<4xf32>, tensor<4xf32>
    scf.yield %x : tensor<4xf32>
  }
  %b = scf.for %i = %c0 to %n step %c1 iter_args(%t = %w) -> tensor<4xf32> {
    %x = vector.transfer_write %v, %t[%c0] : vector<4xf32>, tensor<4xf32>
    scf.yield %x : tensor<4xf32>
  }
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}
