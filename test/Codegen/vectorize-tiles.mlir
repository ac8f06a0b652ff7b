// RUN: dlc-opt %s -dlc-vectorize-tiles -split-input-file | FileCheck %s

// A size that no vectors fill has a mask; lanes beyond it hold zeros.
// CHECK-LABEL: func.func @masked
// CHECK: %[[ZERO:.*]] = arith.constant 0.0
// CHECK: %[[MASK:.*]] = vector.create_mask %c20 : vector<32xi1>
// CHECK: vector.mask %[[MASK]] { vector.transfer_read %arg0[%c0], %[[ZERO]]
// CHECK: math.exp {{.*}} : vector<32xf32>
// CHECK: vector.mask %[[MASK]] { vector.transfer_write
func.func @masked(%x: tensor<20xf32>, %y: tensor<20xf32>) -> tensor<20xf32> {
  %0 = linalg.exp ins(%x : tensor<20xf32>) outs(%y : tensor<20xf32>) -> tensor<20xf32>
  return %0 : tensor<20xf32>
}

// -----

// An unknown size is bounded by that of its tile.
// CHECK-LABEL: func.func @bounded
// CHECK: %[[SIZE:.*]] = affine.min
// CHECK: vector.create_mask %[[SIZE]] : vector<16xi1>
// CHECK: math.exp {{.*}} : vector<16xf32>
func.func @bounded(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %size = affine.min affine_map<()[s0] -> (16, s0)>()[%n]
  %a = tensor.extract_slice %x[0] [%size] [1] : tensor<?xf32> to tensor<?xf32>
  %0 = linalg.exp ins(%a : tensor<?xf32>) outs(%a : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// What has no bound, or is no tile by its size, stays a loop.
// CHECK-LABEL: func.func @loops
// CHECK-NEXT: linalg.exp {{.*}} -> tensor<?xf32>
// CHECK-NEXT: linalg.exp {{.*}} -> tensor<8208xf32>
func.func @loops(%x: tensor<?xf32>, %y: tensor<8208xf32>) -> (tensor<?xf32>, tensor<8208xf32>) {
  %0 = linalg.exp ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  %1 = linalg.exp ins(%y : tensor<8208xf32>) outs(%y : tensor<8208xf32>) -> tensor<8208xf32>
  return %0, %1 : tensor<?xf32>, tensor<8208xf32>
}

// -----

// Sums are read before the loop over a product's steps, and written after it.
// CHECK-LABEL: func.func @sums
// CHECK: %[[FIRST:.*]] = vector.transfer_read %arg2
// CHECK: %[[LOOP:.*]]:2 = scf.for {{.*}} iter_args(%{{.*}} = %arg2, %[[SUM:.*]] = %[[FIRST]])
// CHECK: %[[NEXT:.*]] = vector.contract {{.*}}, %[[SUM]] :
// CHECK-NEXT: scf.yield %{{.*}}, %[[NEXT]]
// CHECK: vector.transfer_write %[[LOOP]]#1, %[[LOOP]]#0
func.func @sums(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>) -> tensor<2x16xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c24 = arith.constant 24 : index
  %0 = scf.for %k = %c0 to %c24 step %c4 iter_args(%out = %y) -> (tensor<2x16xf32>) {
    %a = tensor.extract_slice %x[0, %k] [2, 4] [1, 1] : tensor<2x24xf32> to tensor<2x4xf32>
    %b = tensor.extract_slice %w[%k, 0] [4, 16] [1, 1] : tensor<24x16xf32> to tensor<4x16xf32>
    %1 = linalg.matmul ins(%a, %b : tensor<2x4xf32>, tensor<4x16xf32>) outs(%out : tensor<2x16xf32>) -> tensor<2x16xf32>
    scf.yield %1 : tensor<2x16xf32>
  }
  return %0 : tensor<2x16xf32>
}

// -----

// A product's tile, and what is computed in it, has vectors of exactly its columns; the same op
// alone has whole vectors with a mask.
// CHECK-LABEL: func.func @exact
// CHECK-NOT: vector.create_mask
// CHECK: vector.contract {{.*}} into vector<2x20xf32>
// CHECK: math.exp {{.*}} : vector<2x20xf32>
// CHECK: vector.create_mask
// CHECK: math.exp {{.*}} : vector<2x32xf32>
func.func @exact(%x: tensor<2x4xf32>, %w: tensor<4x20xf32>, %y: tensor<2x20xf32>) -> (tensor<2x20xf32>, tensor<2x20xf32>) {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<1, product>} ins(%x, %w : tensor<2x4xf32>, tensor<4x20xf32>) outs(%y : tensor<2x20xf32>) -> tensor<2x20xf32>
  %1 = linalg.exp {codegen.nest = #codegen.nest<1, epilogue>} ins(%0 : tensor<2x20xf32>) outs(%y : tensor<2x20xf32>) -> tensor<2x20xf32>
  %2 = linalg.exp {codegen.nest = #codegen.nest<0, elementwise>} ins(%y : tensor<2x20xf32>) outs(%y : tensor<2x20xf32>) -> tensor<2x20xf32>
  return %1, %2 : tensor<2x20xf32>, tensor<2x20xf32>
}
