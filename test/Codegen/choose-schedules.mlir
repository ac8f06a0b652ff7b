// How each loop nest is tiled, by a machine model and the function's target.
// RUN: dlc-opt %s -split-input-file -dlc-form-nests -dlc-choose-schedules | FileCheck %s

// Two registers of columns, as many rows as there are, four steps of the sum; panels of columns
// outside of rows. Too little work for tasks.
// CHECK-LABEL: func.func @small
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4]>}
func.func @small(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

// A task a panel of columns.
// CHECK-LABEL: func.func @tasks
// CHECK: linalg.matmul {{.*}} #codegen.schedule<tasks = [0, 32, 0], tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4], cost = 2730>}
func.func @tasks(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> tensor<8x512xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %0 : tensor<8x512xf32>
}

// -----

// Tasks and tiles are those of the root; the contraction says what is its own.
// CHECK-LABEL: func.func @epilogue
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>}
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, epilogue>, codegen.schedule = #codegen.schedule<tasks = [0, 32], tile = [8, 32], order = [1, 0], cost = 2730>}
func.func @epilogue(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> tensor<8x512xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  %1 = linalg.exp ins(%0 : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %1 : tensor<8x512xf32>
}

// -----

// What somebody has said of the root is kept, of the whole nest.
// CHECK-LABEL: func.func @kept
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<1, product>} ins
// CHECK: linalg.exp {codegen.nest = #codegen.nest<1, epilogue>, codegen.schedule = #codegen.schedule<tile = [2, 16]>}
// CHECK: linalg.negf {codegen.nest = #codegen.nest<0, elementwise>, codegen.schedule = #codegen.schedule<tile = [3, 0], order = [1, 0]>}
func.func @kept(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> (tensor<8x512xf32>, tensor<8x512xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  %1 = linalg.exp {codegen.schedule = #codegen.schedule<tile = [2, 16]>} ins(%0 : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  %2 = linalg.negf {codegen.schedule = #codegen.schedule<tile = [3, 0], order = [1, 0]>} ins(%c : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %1, %2 : tensor<8x512xf32>, tensor<8x512xf32>
}

// -----

// A tile that was measured is obeyed: 3 rows of 4 vectors of 16. It stays for whoever reads the IR.
// CHECK-LABEL: func.func @measured
// CHECK: linalg.matmul {{.*}}, codegen.register_tile = #codegen.register_tile<rows = 3, vectors = 4>, codegen.schedule = #codegen.schedule<tasks = [0, 64, 0], tile = [3, 64, 0], order = [1, 0, 2], steps = [0, 0, 4], cost = 5461>}
func.func @measured(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> tensor<8x512xf32> {
  %0 = linalg.matmul {codegen.register_tile = #codegen.register_tile<rows = 3, vectors = 4>} ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %0 : tensor<8x512xf32>
}

// -----

// So is whether all columns pass under a row of an image: loop 3, the columns, is inside of 0 and 1.
// CHECK-LABEL: func.func @rows_first
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}<tile = [1, 1, 4, 32, 0, 0, 0], order = [3, 0, 1, 2, 4, 5, 6],
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}<tile = [1, 1, 4, 32, 0, 0, 0], order = [0, 1, 3, 2, 4, 5, 6],
func.func @rows_first(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x64xf32>, %y: tensor<1x8x8x64xf32>) -> (tensor<1x8x8x64xf32>, tensor<1x8x8x64xf32>) {
  %0 = linalg.conv_2d_nhwc_hwcf {codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2>} ins(%x, %w : tensor<1x8x8x4xf32>, tensor<1x1x4x64xf32>) outs(%y : tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>
  %1 = linalg.conv_2d_nhwc_hwcf {codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2, rowsFirst = true>} ins(%x, %w : tensor<1x8x8x4xf32>, tensor<1x1x4x64xf32>) outs(%y : tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>
  return %0, %1 : tensor<1x8x8x64xf32>, tensor<1x8x8x64xf32>
}

// -----

// A constant of 8 KB or more is laid out in panels as wide as the tile, and needs no copy; one that
// is smaller, or no wider than a panel, lies well.
// CHECK-LABEL: func.func @constant
// CHECK: linalg.matmul {{.*}} cost = {{[0-9]+}}, packing = 32>} ins(%arg0, %[[W:.*]] : tensor<64x512xf32>,
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<1, product>, codegen.schedule = #codegen.schedule<tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4]>}
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>,
// CHECK-NOT: packing
// CHECK: return
func.func @constant(%a: tensor<64x512xf32>, %c: tensor<64x512xf32>, %d: tensor<8x16xf32>, %e: tensor<8x64xf32>, %f: tensor<64x32xf32>) -> (tensor<64x512xf32>, tensor<8x64xf32>, tensor<64x32xf32>) {
  %w = arith.constant dense<0.5> : tensor<512x512xf32>
  %v = arith.constant dense<0.5> : tensor<16x64xf32>
  %u = arith.constant dense<0.5> : tensor<512x32xf32>
  %0 = linalg.matmul ins(%a, %w : tensor<64x512xf32>, tensor<512x512xf32>) outs(%c : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.matmul ins(%d, %v : tensor<8x16xf32>, tensor<16x64xf32>) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
  %2 = linalg.matmul ins(%a, %u : tensor<64x512xf32>, tensor<512x32xf32>) outs(%f : tensor<64x32xf32>) -> tensor<64x32xf32>
  return %0, %1, %2 : tensor<64x512xf32>, tensor<8x64xf32>, tensor<64x32xf32>
}

// -----

// A right operand that is no constant is copied by each task, where its rows are many.
// CHECK-LABEL: func.func @panel
// CHECK: linalg.matmul {{.*}} panel = [1, 32],
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>,
// CHECK-NOT: panel
// CHECK: return
func.func @panel(%a: tensor<64x512xf32>, %b: tensor<512x512xf32>, %c: tensor<64x512xf32>, %d: tensor<16x512xf32>) -> (tensor<64x512xf32>, tensor<16x512xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<64x512xf32>, tensor<512x512xf32>) outs(%c : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.matmul ins(%d, %b : tensor<16x512xf32>, tensor<512x512xf32>) outs(%d : tensor<16x512xf32>) -> tensor<16x512xf32>
  return %0, %1 : tensor<64x512xf32>, tensor<16x512xf32>
}

// -----

// The cost is that of the extents that are assumed, of a batch at most; in a loop over steps of a
// few. There are tasks of a size that pays.
// CHECK-LABEL: func.func @unknown
// CHECK: linalg.matmul {{.*}}<tasks = [592, 32, 0], tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4], assumed = [256, 0, 0],
// CHECK: linalg.matmul {{.*}}<tasks = [0, 32, 0], {{.*}} assumed = [0, 0, 256],
// CHECK: linalg.matmul {{.*}}<tasks = [0, 32, 0], {{.*}} assumed = [8, 0, 0],
func.func @unknown(%x: tensor<?x128xf32>, %w: tensor<128x512xf32>, %y: tensor<?x512xf32>, %u: tensor<128x?xf32>, %v: tensor<?x512xf32>, %n: index) -> (tensor<?x512xf32>, tensor<128x512xf32>, tensor<?x512xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = linalg.matmul ins(%x, %w : tensor<?x128xf32>, tensor<128x512xf32>) outs(%y : tensor<?x512xf32>) -> tensor<?x512xf32>
  %1 = linalg.matmul ins(%u, %v : tensor<128x?xf32>, tensor<?x512xf32>) outs(%w : tensor<128x512xf32>) -> tensor<128x512xf32>
  %2 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %y) -> (tensor<?x512xf32>) {
    %3 = linalg.matmul ins(%x, %w : tensor<?x128xf32>, tensor<128x512xf32>) outs(%s : tensor<?x512xf32>) -> tensor<?x512xf32>
    scf.yield %3 : tensor<?x512xf32>
  }
  return %0, %1, %2 : tensor<?x512xf32>, tensor<128x512xf32>, tensor<?x512xf32>
}

// -----

// Half as wide vectors, half as wide tiles; of 16 registers fewer rows.
// CHECK-LABEL: func.func @narrow
// CHECK: linalg.matmul {{.*}}<tasks = [0, 16, 0], tile = [6, 16, 0],
// CHECK: linalg.exp {{.*}}<tasks = [60, 0], tile = [1, 8],
// CHECK-LABEL: func.func @wide
// CHECK: linalg.matmul {{.*}}<tasks = [0, 32, 0], tile = [12, 32, 0],
// CHECK: linalg.exp {{.*}}<tasks = [60, 0], tile = [1, 16],
func.func @narrow(%a: tensor<60x510xf32>, %b: tensor<510x512xf32>, %c: tensor<60x512xf32>) -> (tensor<60x512xf32>, tensor<60x510xf32>) attributes {codegen.target = #codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16>} {
  %0 = linalg.matmul ins(%a, %b : tensor<60x510xf32>, tensor<510x512xf32>) outs(%c : tensor<60x512xf32>) -> tensor<60x512xf32>
  %1 = linalg.exp ins(%a : tensor<60x510xf32>) outs(%a : tensor<60x510xf32>) -> tensor<60x510xf32>
  return %0, %1 : tensor<60x512xf32>, tensor<60x510xf32>
}
func.func @wide(%a: tensor<60x510xf32>, %b: tensor<510x512xf32>, %c: tensor<60x512xf32>) -> (tensor<60x512xf32>, tensor<60x510xf32>) attributes {codegen.target = #codegen.cpu<name = "x86-64-v4">} {
  %0 = linalg.matmul ins(%a, %b : tensor<60x510xf32>, tensor<510x512xf32>) outs(%c : tensor<60x512xf32>) -> tensor<60x512xf32>
  %1 = linalg.exp ins(%a : tensor<60x510xf32>) outs(%a : tensor<60x510xf32>) -> tensor<60x510xf32>
  return %0, %1 : tensor<60x512xf32>, tensor<60x510xf32>
}

// -----

// A second level cache of 16 KB does not keep these weights, so a panel stays while rows pass.
// CHECK-LABEL: func.func @large_cache
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} order = [0, 1, 3, 2, 4, 5, 6],
// CHECK-LABEL: func.func @small_cache
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} order = [3, 0, 1, 2, 4, 5, 6],
func.func @large_cache(%x: tensor<1x4x4x64xf32>, %y: tensor<1x4x4x64xf32>) -> tensor<1x4x4x64xf32> {
  %w = arith.constant dense<0.5> : tensor<1x1x64x64xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x64xf32>, tensor<1x1x64x64xf32>) outs(%y : tensor<1x4x4x64xf32>) -> tensor<1x4x4x64xf32>
  return %0 : tensor<1x4x4x64xf32>
}
func.func @small_cache(%x: tensor<1x4x4x64xf32>, %y: tensor<1x4x4x64xf32>) -> tensor<1x4x4x64xf32> attributes {codegen.target = #codegen.cpu<name = "little", cacheBytes = 16384>} {
  %w = arith.constant dense<0.5> : tensor<1x1x64x64xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x64xf32>, tensor<1x1x64x64xf32>) outs(%y : tensor<1x4x4x64xf32>) -> tensor<1x4x4x64xf32>
  return %0 : tensor<1x4x4x64xf32>
}

// -----

// A pooling's tasks are rows of it, as many as its product would have; in a task one row at a time.
// CHECK-LABEL: func.func @pool
// CHECK: linalg.conv_2d_nhwc_hwcf {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<tile = [1, 1, 12, 32, 0, 0, 0], order = [3, 0, 1, 2, 4, 5, 6], steps = [0, 0, 0, 0, 1, 1, 4]>}
// CHECK: linalg.pooling_nhwc_max {codegen.nest = #codegen.nest<0, pool, 2>, codegen.schedule = #codegen.schedule<tasks = [1, 16, 0, 0, 0, 0], rows = [1, 1, 0, 0, 0, 0], tile = [1, 1, 1, 32, 0, 0], steps = [0, 0, 0, 0, 1, 1], cost = 196608>,
func.func @pool(%x: tensor<1x66x66x16xf32>, %w: tensor<3x3x16x32xf32>, %e: tensor<1x64x64x32xf32>, %g: tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32> {
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x66x66x16xf32>, tensor<3x3x16x32xf32>) outs(%e : tensor<1x64x64x32xf32>) -> tensor<1x64x64x32xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %1 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>} ins(%0, %window : tensor<1x64x64x32xf32>, tensor<2x2xf32>) outs(%g : tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32>
  return %1 : tensor<1x32x32x32xf32>
}

// -----

// Ops of rows: tasks of whole rows, in them one at a time, and in it each op by itself.
// CHECK-LABEL: func.func @rows
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, row, 1>, codegen.schedule = #codegen.schedule<tile = [0, 16]>}
// CHECK: linalg.reduce {{.*}} {codegen.nest = #codegen.nest<0, row, 1>, codegen.schedule = #codegen.schedule<steps = [0, 64]>}
// CHECK: linalg.generic {{.*}} {codegen.nest = #codegen.nest<0, row, 1>, codegen.schedule = #codegen.schedule<tasks = [1024, 0], rows = [1, 0], tile = [0, 64], cost = {{[0-9]+}}>}
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @rows(%x: tensor<4096x512xf32>, %s: tensor<4096xf32>, %y: tensor<4096x512xf32>) -> tensor<4096x512xf32> {
  %0 = linalg.exp ins(%x : tensor<4096x512xf32>) outs(%y : tensor<4096x512xf32>) -> tensor<4096x512xf32>
  %1 = linalg.reduce {arith.addf} ins(%0 : tensor<4096x512xf32>) outs(%s : tensor<4096xf32>) dimensions = [1]
  %2 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%0, %1 : tensor<4096x512xf32>, tensor<4096xf32>) outs(%y : tensor<4096x512xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<4096x512xf32>
  return %2 : tensor<4096x512xf32>
}

// -----

// What is alone: a sum by rows of vectors, an element-wise op by a vector for each that it keeps
// alive, a transposition by squares.
// CHECK-LABEL: func.func @alone
// CHECK: linalg.reduce {{.*}} {codegen.nest = #codegen.nest<2, reduction>, codegen.schedule = #codegen.schedule<tile = [1, 0], steps = [0, 64]>}
// CHECK: linalg.negf {codegen.nest = #codegen.nest<1, elementwise>, codegen.schedule = #codegen.schedule<tile = [1, 64]>}
// CHECK: linalg.transpose {{.*}} {codegen.nest = #codegen.nest<0, elementwise>, codegen.schedule = #codegen.schedule<tile = [16, 16]>}
func.func @alone(%x: tensor<64x256xf32>, %s: tensor<64xf32>, %t: tensor<256x64xf32>) -> (tensor<64xf32>, tensor<64x256xf32>, tensor<256x64xf32>) {
  %0 = linalg.reduce {arith.addf} ins(%x : tensor<64x256xf32>) outs(%s : tensor<64xf32>) dimensions = [1]
  %1 = linalg.negf ins(%x : tensor<64x256xf32>) outs(%x : tensor<64x256xf32>) -> tensor<64x256xf32>
  %2 = linalg.transpose ins(%x : tensor<64x256xf32>) outs(%t : tensor<256x64xf32>) permutation = [1, 0]
  return %0, %1, %2 : tensor<64xf32>, tensor<64x256xf32>, tensor<256x64xf32>
}

// -----

// An op in no nest gets no schedule.
// CHECK-LABEL: func.func @buffers
// CHECK-NOT: codegen.schedule
// CHECK: return
func.func @buffers(%x: memref<64xf32>) {
  linalg.exp ins(%x : memref<64xf32>) outs(%x : memref<64xf32>)
  return
}
