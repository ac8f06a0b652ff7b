// Products with constants take operands rounded to bf16, in pairs; what they cannot take
// stays as it is.
// RUN: dlc-opt %s --dlc-round-operands --split-input-file | FileCheck %s

// The constant's rows are interleaved: 1 and 2 of the first column side by side, then 3
// and 4 of the second; 1 + 2^-9 lies half way and goes to the even neighbour.
// CHECK-DAG: [[LEFT:#.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2 * 2 + d3)>
// CHECK-DAG: [[RIGHT:#.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d1 * 2 + d3)>
// CHECK-DAG: [[PAIR:#.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: func.func @product
// CHECK: %[[X:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<4x2xf32>) outs(%{{.*}} : tensor<4x2xbf16>)
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: %[[W:.*]] = arith.constant dense_resource<{{.*}}> : tensor<1x16xbf16>
// CHECK: linalg.generic {indexing_maps = [[[LEFT]], [[RIGHT]], [[PAIR]]
// CHECK-SAME: ins(%[[X]], %[[W]], %{{.*}} : tensor<4x2xbf16>, tensor<1x16xbf16>, tensor<2xbf16>)
// CHECK: arith.extf
// CHECK: arith.extf
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: rounded: "0x40000000803F0040404080400080803F
func.func @product(%x: tensor<4x2xf32>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<[[1.001953125, 3.0, -0.0, 5.0, 6.0, 7.0, 8.0, 9.0],
                             [2.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<2x8xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x8xf32>) outs(%init : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// A convolution's padding is of rounded elements; two products share what they read.
// CHECK-LABEL: func.func @padded
// CHECK: %[[X:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<6x2xf32>) outs(%{{.*}} : tensor<6x2xbf16>)
// CHECK-COUNT-1: arith.truncf
// CHECK: tensor.pad %[[X]]
// CHECK: tensor<6x2xbf16> to tensor<8x2xbf16>
// CHECK: ins(%[[X]], {{.*}} : tensor<6x2xbf16>
func.func @padded(%x: tensor<6x2xf32>, %init: tensor<8x8xf32>, %other: tensor<6x8xf32>) -> (tensor<8x8xf32>, tensor<6x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<2x8xf32>
  %p = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<6x2xf32> to tensor<8x2xf32>
  %0 = linalg.matmul ins(%p, %w : tensor<8x2xf32>, tensor<2x8xf32>) outs(%init : tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = linalg.matmul ins(%x, %w : tensor<6x2xf32>, tensor<2x8xf32>) outs(%other : tensor<6x8xf32>) -> tensor<6x8xf32>
  return %0, %1 : tensor<8x8xf32>, tensor<6x8xf32>
}

// -----

// An odd sum, few columns, two values: f32.
// CHECK-LABEL: func.func @others
// CHECK-NOT: bf16
// CHECK-COUNT-3: linalg.matmul
func.func @others(%x: tensor<4x3xf32>, %y: tensor<4x2xf32>, %z: tensor<2x8xf32>, %i: tensor<4x8xf32>, %j: tensor<4x7xf32>) -> (tensor<4x8xf32>, tensor<4x7xf32>, tensor<4x8xf32>) {
  %v = arith.constant dense<1.0> : tensor<3x8xf32>
  %w = arith.constant dense<1.0> : tensor<2x7xf32>
  %0 = linalg.matmul ins(%x, %v : tensor<4x3xf32>, tensor<3x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.matmul ins(%y, %w : tensor<4x2xf32>, tensor<2x7xf32>) outs(%j : tensor<4x7xf32>) -> tensor<4x7xf32>
  %2 = linalg.matmul ins(%y, %z : tensor<4x2xf32>, tensor<2x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x7xf32>, tensor<4x8xf32>
}
