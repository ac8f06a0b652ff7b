// RUN: dlc-opt %s -dlc-tile-reductions -split-input-file | FileCheck %s

// The steps of a schedule are obeyed: a product sums a few at a time, with the columns that it
// has.
// CHECK-LABEL: func.func @product
// CHECK: scf.for %[[K:.*]] = %c0 to %c24 step %c4
// CHECK: tensor.extract_slice %arg0[0, %[[K]]] [2, 4] [1, 1]
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4x16xf32>)
func.func @product(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>) -> tensor<2x16xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>} ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>) outs(%y : tensor<2x16xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----

// Columns are cut into powers of two.
// CHECK-LABEL: func.func @columns
// CHECK-NOT: scf.for
// CHECK: linalg.matmul {{.*}} -> tensor<2x16xf32>
// CHECK: linalg.matmul {{.*}} -> tensor<2x8xf32>
func.func @columns(%x: tensor<2x4xf32>, %w: tensor<4x24xf32>, %y: tensor<2x24xf32>) -> tensor<2x24xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>} ins(%x, %w : tensor<2x4xf32>, tensor<4x24xf32>) outs(%y : tensor<2x24xf32>) -> tensor<2x24xf32>
  return %0 : tensor<2x24xf32>
}

// -----

// Those of a product narrower than half a vector are not.
// CHECK-LABEL: func.func @narrow
// CHECK-NEXT: linalg.matmul {{.*}} -> tensor<2x3xf32>
func.func @narrow(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>} ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%y : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// A sum along a row is one of vectors, reduced once after the loop.
// CHECK-LABEL: func.func @sum
// CHECK: scf.for {{.*}} step %c64 {{.*}} -> (tensor<2x64xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: linalg.reduce ins(%{{.*}} : tensor<2x64xf32>) outs(%arg1 : tensor<2xf32>) dimensions = [1]
func.func @sum(%x: tensor<2x1024xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %0 = linalg.reduce { arith.addf } ins(%x : tensor<2x1024xf32>) outs(%y : tensor<2xf32>) dimensions = [1] {codegen.nest = #codegen.nest<0, reduction>, codegen.schedule = #codegen.schedule<steps = [0, 64]>}
  return %0 : tensor<2xf32>
}

// -----

// One of a single step stays.
// CHECK-LABEL: func.func @short
// CHECK-NEXT: linalg.reduce { arith.addf } ins(%arg0 : tensor<2x64xf32>)
func.func @short(%x: tensor<2x64xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %0 = linalg.reduce { arith.addf } ins(%x : tensor<2x64xf32>) outs(%y : tensor<2xf32>) dimensions = [1] {codegen.nest = #codegen.nest<0, reduction>, codegen.schedule = #codegen.schedule<steps = [0, 64]>}
  return %0 : tensor<2xf32>
}

// -----

// What has no schedule, or none with steps, stays whole; what a schedule says beside steps goes.
// CHECK-LABEL: func.func @whole
// CHECK-NOT: scf.for
// CHECK: linalg.matmul ins(
// CHECK-NEXT: linalg.matmul ins(
// CHECK-NEXT: return
func.func @whole(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>) -> tensor<2x16xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>) outs(%y : tensor<2x16xf32>) -> tensor<2x16xf32>
  %1 = linalg.matmul {codegen.schedule = #codegen.schedule<packing = 16>} ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>) outs(%0 : tensor<2x16xf32>) -> tensor<2x16xf32>
  return %1 : tensor<2x16xf32>
}

// -----

// Steps that the machine model would not choose.
// CHECK-LABEL: func.func @by_hand
// CHECK: scf.for {{.*}} to %c24 step %c8
// CHECK: linalg.matmul {{.*}} : tensor<2x8xf32>, tensor<8x16xf32>)
func.func @by_hand(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>) -> tensor<2x16xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 8]>} ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>) outs(%y : tensor<2x16xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}
