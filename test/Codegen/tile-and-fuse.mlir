// Nests and schedules are obeyed as they stand.
// RUN: dlc-opt %s -split-input-file -dlc-tile-and-fuse -canonicalize | FileCheck %s

// Tasks, in them tiles; cost and region are those of the schedule, steps are left for later.
// CHECK-LABEL: func.func @by_hand
// CHECK: scf.forall {{.*}} = (0) to (32) step (16)
// CHECK: scf.for {{.*}} to %c8 step %c4
// CHECK: scf.for {{.*}} to %c16 step %c8
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 2]>} {{.*}} -> tensor<4x8xf32>
// CHECK: } {codegen.cost = 77 : i64, codegen.region = #codegen.region<number = 0, name = "tile-and-fuse.mlir:{{[0-9]+}}", kind = product, flops = 8192, bytes = 3584, cost = 154, tile = [4, 8, 0], tasks = [0, 16, 0], layout = as_is>}
func.func @by_hand(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tasks = [0, 16, 0], tile = [4, 8, 0], order = [0, 1, 2], steps = [0, 0, 2], cost = 77>} ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

// The loop over columns is the outer one.
// CHECK-LABEL: func.func @order
// CHECK: scf.for {{.*}} to %c32 step %c8
// CHECK: scf.for {{.*}} to %c8 step %c4
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins({{.*}} -> tensor<4x8xf32>
func.func @order(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tile = [4, 8, 0], order = [1, 0, 2]>} ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

// A contraction comes into the tiles of its epilogue, and with it what its sums begin with, whose
// own schedule is void.
// CHECK-LABEL: func.func @epilogue
// CHECK-NOT: scf.forall
// CHECK: scf.for {{.*}} to %c8 step %c2
// CHECK: scf.for {{.*}} to %c32 step %c8
// CHECK: linalg.fill {codegen.nest = #codegen.nest<0, fill>} {{.*}} -> tensor<2x8xf32>
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4], packing = 8>} {{.*}} -> tensor<2x8xf32>
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, epilogue>} {{.*}} -> tensor<2x8xf32>
// CHECK: codegen.region = #codegen.region<number = 0, {{.*}} tile = [2, 8], layout = packed>
// CHECK-NOT: scf.for
// CHECK: return
func.func @epilogue(%zero: f32, %a: tensor<8x16xf32>, %b: tensor<16x32xf32>) -> tensor<8x32xf32> {
  %e = tensor.empty() : tensor<8x32xf32>
  %f = linalg.fill {codegen.nest = #codegen.nest<1, elementwise>, codegen.schedule = #codegen.schedule<tasks = [1, 0]>} ins(%zero : f32) outs(%e : tensor<8x32xf32>) -> tensor<8x32xf32>
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4], packing = 8>} ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%f : tensor<8x32xf32>) -> tensor<8x32xf32>
  %1 = linalg.exp {codegen.nest = #codegen.nest<0, epilogue>, codegen.schedule = #codegen.schedule<tile = [2, 8]>} ins(%0 : tensor<8x32xf32>) outs(%e : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %1 : tensor<8x32xf32>
}

// -----

// Ops of two nests stay apart, though one could be computed in the tiles of the other.
// CHECK-LABEL: func.func @apart
// CHECK: scf.for {{.*}} to %c8 step %c2
// CHECK: linalg.matmul {{.*}} -> tensor<2x32xf32>
// CHECK: codegen.region<number = 1,
// CHECK: scf.for {{.*}} to %c32 step %c8
// CHECK: linalg.exp {{.*}} -> tensor<8x8xf32>
// CHECK: codegen.region<number = 0,
func.func @apart(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<1, product>, codegen.schedule = #codegen.schedule<tile = [2, 0, 0]>} ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  %1 = linalg.exp {codegen.nest = #codegen.nest<0, elementwise>, codegen.schedule = #codegen.schedule<tile = [0, 8]>} ins(%0 : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %1 : tensor<8x32xf32>
}

// -----

// A task copies its part of the right operand, tile by tile.
// CHECK-LABEL: func.func @panel
// CHECK: scf.forall
// CHECK: %[[OWN:.*]] = tensor.empty() : tensor<16x16xf32>
// CHECK: %[[COPY:.*]] = scf.for {{.*}} to %c16 step %c2 iter_args(%{{.*}} = %[[OWN]])
// CHECK: scf.for {{.*}} to %c16 step %c8
// CHECK: linalg.copy {{.*}} -> tensor<2x8xf32>
// CHECK: linalg.matmul {{.*}} ins(%arg0, %[[COPY]] :
// CHECK: layout = panels>
func.func @panel(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tasks = [0, 16, 0], panel = [2, 8]>} ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

// The cost of a task grows with each extent that was assumed: with no more rows than a task has.
// CHECK-LABEL: func.func @assumed
// CHECK: %[[ROWS:.*]] = tensor.dim %arg0, %c0
// CHECK: %[[SUMMANDS:.*]] = tensor.dim %arg0, %c1
// CHECK: %[[OWN:.*]] = arith.minui %[[ROWS]], %c48
// CHECK: scf.forall {{.*}} step (48, 16)
// CHECK-NEXT: codegen.scale_cost %[[OWN]] assumed 30
// CHECK-NEXT: codegen.scale_cost %[[SUMMANDS]] assumed 20
// CHECK: } {codegen.cost = 5 : i64,
func.func @assumed(%a: tensor<?x?xf32>, %b: tensor<?x32xf32>, %c: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tasks = [48, 16, 0], assumed = [30, 0, 20], cost = 5>} ins(%a, %b : tensor<?x?xf32>, tensor<?x32xf32>) outs(%c : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

// Tasks of rows, in them two at a time of all ops of the nest, in these the tile of each. What is not
// of the nest stays outside.
// CHECK-LABEL: func.func @rows
// CHECK: linalg.broadcast
// CHECK: scf.forall {{.*}} = (0) to (64) step (16)
// CHECK: scf.for {{.*}} to %c16 step %c2
// CHECK: scf.for {{.*}} to %c32 step %c8
// CHECK: linalg.exp {{.*}} -> tensor<2x8xf32>
// CHECK: scf.for {{.*}} to %c32 step %c4
// CHECK: linalg.add {{.*}} -> tensor<2x4xf32>
// CHECK: } {codegen.cost = 9 : i64, codegen.region = #codegen.region<{{.*}}kind = rows, {{.*}}tasks = [16, 0]>
func.func @rows(%x: tensor<64x32xf32>, %s: tensor<64xf32>, %y: tensor<64x32xf32>) -> tensor<64x32xf32> {
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, row, 1>, codegen.schedule = #codegen.schedule<tile = [0, 8]>} ins(%x : tensor<64x32xf32>) outs(%y : tensor<64x32xf32>) -> tensor<64x32xf32>
  %1 = linalg.broadcast ins(%s : tensor<64xf32>) outs(%y : tensor<64x32xf32>) dimensions = [1]
  %2 = linalg.add {codegen.nest = #codegen.nest<0, row, 1>, codegen.schedule = #codegen.schedule<tasks = [16, 0], rows = [2, 0], tile = [0, 4], cost = 9>} ins(%0, %1 : tensor<64x32xf32>, tensor<64x32xf32>) outs(%y : tensor<64x32xf32>) -> tensor<64x32xf32>
  return %2 : tensor<64x32xf32>
}

// -----

// Without a schedule a nest is one op, without a nest an op is none of this pass's.
// CHECK-LABEL: func.func @none
// CHECK-NEXT: linalg.exp {codegen.nest = #codegen.nest<0, elementwise>, codegen.region = {{.*}} -> tensor<64xf32>
// CHECK-NEXT: linalg.negf {codegen.schedule = #codegen.schedule<tile = [4]>} {{.*}} -> tensor<64xf32>
// CHECK-NEXT: return
func.func @none(%x: tensor<64xf32>, %y: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, elementwise>} ins(%x : tensor<64xf32>) outs(%y : tensor<64xf32>) -> tensor<64xf32>
  %1 = linalg.negf {codegen.schedule = #codegen.schedule<tile = [4]>} ins(%x : tensor<64xf32>) outs(%y : tensor<64xf32>) -> tensor<64xf32>
  return %0, %1 : tensor<64xf32>, tensor<64xf32>
}

// -----

// A pooling's rows, with the slab of the product that each reads; then each of the two by itself. The
// slab lies in memory of its own.
// CHECK-LABEL: func.func @pool
// CHECK: scf.forall {{.*}} = (0) to (8) step (4)
// CHECK: scf.for {{.*}} to %c4 step %c1
// CHECK: tensor.empty() : tensor<1x2x16x8xf32>
// CHECK: scf.for
// CHECK: linalg.fill {codegen.nest = #codegen.nest<0, fill>}
// CHECK: linalg.conv_2d_nhwc_hwcf {codegen.nest = #codegen.nest<0, product>} {{.*}} -> tensor<1x2x4x8xf32>
// CHECK: scf.for
// CHECK: linalg.pooling_nhwc_max {codegen.nest = #codegen.nest<0, pool, 2>, {{.*}} -> tensor<1x1x2x8xf32>
// CHECK: } {codegen.cost = 3 : i64, codegen.region = #codegen.region<{{.*}}kind = product,
func.func @pool(%zero: f32, %x: tensor<1x16x16x4xf32>, %w: tensor<1x1x4x8xf32>, %g: tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %e = tensor.empty() : tensor<1x16x16x8xf32>
  %f = linalg.fill {codegen.nest = #codegen.nest<1, elementwise>} ins(%zero : f32) outs(%e : tensor<1x16x16x8xf32>) -> tensor<1x16x16x8xf32>
  %0 = linalg.conv_2d_nhwc_hwcf {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tile = [0, 0, 4, 0, 0, 0, 0]>} ins(%x, %w : tensor<1x16x16x4xf32>, tensor<1x1x4x8xf32>) outs(%f : tensor<1x16x16x8xf32>) -> tensor<1x16x16x8xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %1 = linalg.pooling_nhwc_max {codegen.nest = #codegen.nest<0, pool, 2>, codegen.schedule = #codegen.schedule<tasks = [1, 4, 0, 0, 0, 0], rows = [1, 1, 0, 0, 0, 0], tile = [0, 0, 2, 0, 0, 0], cost = 3>, strides = dense<2> : tensor<2xi64>} ins(%0, %window : tensor<1x16x16x8xf32>, tensor<2x2xf32>) outs(%g : tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  return %1 : tensor<1x8x8x8xf32>
}
