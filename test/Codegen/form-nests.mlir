// Which ops become one loop nest, and what each is there. Nests are numbered from the last op.
// RUN: dlc-opt %s -split-input-file -dlc-form-nests | FileCheck %s

// A contraction that nobody takes along is a nest of its own.
// CHECK-LABEL: func.func @product
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>}
func.func @product(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

// What reads a contraction element by element is computed in its tiles.
// CHECK-LABEL: func.func @epilogue
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<0, product>}
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, epilogue>}
func.func @epilogue(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  %1 = linalg.exp ins(%0 : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %1 : tensor<8x32xf32>
}

// -----

// Unless the contraction is read by something else too.
// CHECK-LABEL: func.func @read_twice
// CHECK: linalg.matmul {codegen.nest = #codegen.nest<1, product>}
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, elementwise>}
func.func @read_twice(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> (tensor<8x32xf32>, tensor<8x32xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  %1 = linalg.exp ins(%0 : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %0, %1 : tensor<8x32xf32>, tensor<8x32xf32>
}

// -----

// Each column has a sum of its own.
// CHECK-LABEL: func.func @depthwise
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc {codegen.nest = #codegen.nest<0, depthwise>}
func.func @depthwise(%x: tensor<1x10x10x32xf32>, %w: tensor<3x3x32xf32>, %c: tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32> {
  %0 = linalg.depthwise_conv_2d_nhwc_hwc ins(%x, %w : tensor<1x10x10x32xf32>, tensor<3x3x32xf32>) outs(%c : tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32>
  return %0 : tensor<1x8x8x32xf32>
}

// -----

// A pooling takes the product of 512 KB inside by rows of windows: it shares its first two loops.
// What sums begin with belongs to the nest that they are in.
// CHECK-LABEL: func.func @pool
// CHECK: linalg.fill {codegen.nest = #codegen.nest<0, fill>}
// CHECK: linalg.conv_2d_nhwc_hwcf {codegen.nest = #codegen.nest<0, product>}
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, epilogue>}
// CHECK: linalg.fill {codegen.nest = #codegen.nest<0, fill>}
// CHECK: linalg.pooling_nhwc_max {codegen.nest = #codegen.nest<0, pool, 2>,
func.func @pool(%x: tensor<1x66x66x16xf32>, %w: tensor<3x3x16x32xf32>) -> tensor<1x32x32x32xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x64x64x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x64x64x32xf32>) -> tensor<1x64x64x32xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x66x66x16xf32>, tensor<3x3x16x32xf32>) outs(%f : tensor<1x64x64x32xf32>) -> tensor<1x64x64x32xf32>
  %1 = linalg.exp ins(%0 : tensor<1x64x64x32xf32>) outs(%e : tensor<1x64x64x32xf32>) -> tensor<1x64x64x32xf32>
  %g = tensor.empty() : tensor<1x32x32x32xf32>
  %h = linalg.fill ins(%low : f32) outs(%g : tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %2 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>} ins(%1, %window : tensor<1x64x64x32xf32>, tensor<2x2xf32>) outs(%h : tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32>
  return %2 : tensor<1x32x32x32xf32>
}

// -----

// Ops that compute a row from a row of what they read, with a sum among them, share the loop over
// rows.
// CHECK-LABEL: func.func @row
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, row, 1>}
// CHECK: linalg.reduce { arith.addf } {{.*}} {codegen.nest = #codegen.nest<0, row, 1>}
// CHECK: linalg.generic {{.*}} {codegen.nest = #codegen.nest<0, row, 1>}
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @row(%x: tensor<64x512xf32>, %s: tensor<64xf32>, %y: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %0 = linalg.exp ins(%x : tensor<64x512xf32>) outs(%y : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.reduce {arith.addf} ins(%0 : tensor<64x512xf32>) outs(%s : tensor<64xf32>) dimensions = [1]
  %2 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%0, %1 : tensor<64x512xf32>, tensor<64xf32>) outs(%y : tensor<64x512xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<64x512xf32>
  return %2 : tensor<64x512xf32>
}

// -----

// CHECK-LABEL: func.func @reduction
// CHECK: linalg.reduce { arith.addf } {{.*}} {codegen.nest = #codegen.nest<0, reduction>}
func.func @reduction(%x: tensor<64x512xf32>, %s: tensor<64xf32>) -> tensor<64xf32> {
  %0 = linalg.reduce {arith.addf} ins(%x : tensor<64x512xf32>) outs(%s : tensor<64xf32>) dimensions = [1]
  return %0 : tensor<64xf32>
}

// -----

// CHECK-LABEL: func.func @elementwise
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, elementwise>}
func.func @elementwise(%x: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %y = tensor.empty() : tensor<64x512xf32>
  %0 = linalg.exp ins(%x : tensor<64x512xf32>) outs(%y : tensor<64x512xf32>) -> tensor<64x512xf32>
  return %0 : tensor<64x512xf32>
}

// -----

// Bodies of loops over time have nests too, before those of the function's own block; a number is
// given once in a function.
// CHECK-LABEL: func.func @over_time
// CHECK: scf.for
// CHECK: linalg.exp {codegen.nest = #codegen.nest<0, elementwise>}
// CHECK: linalg.exp {codegen.nest = #codegen.nest<1, elementwise>}
func.func @over_time(%x: tensor<64xf32>, %n: index) -> tensor<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<64xf32>) {
    %1 = linalg.exp ins(%s : tensor<64xf32>) outs(%s : tensor<64xf32>) -> tensor<64xf32>
    scf.yield %1 : tensor<64xf32>
  }
  %2 = linalg.exp ins(%0 : tensor<64xf32>) outs(%x : tensor<64xf32>) -> tensor<64xf32>
  return %2 : tensor<64xf32>
}

// -----

// What nobody reads goes.
// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = linalg.exp ins(%x : tensor<64xf32>) outs(%x : tensor<64xf32>) -> tensor<64xf32>
  return %x : tensor<64xf32>
}

// -----

// Ops on buffers are in no nest.
// CHECK-LABEL: func.func @buffers
// CHECK-NOT: codegen.nest
// CHECK: return
func.func @buffers(%x: memref<64xf32>) {
  linalg.exp ins(%x : memref<64xf32>) outs(%x : memref<64xf32>)
  return
}

// -----

// Operands that run through memory alike get one loop.
// CHECK-LABEL: func.func @flat
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} ins(%{{.*}} : tensor<32768xf32>) {{.*}} {codegen.nest = #codegen.nest<0, elementwise>}
func.func @flat(%x: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %y = tensor.empty() : tensor<64x512xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<64x512xf32>) outs(%y : tensor<64x512xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = math.exp %a : f32
    linalg.yield %b : f32
  } -> tensor<64x512xf32>
  return %0 : tensor<64x512xf32>
}
