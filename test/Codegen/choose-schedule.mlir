// RUN: dlc-opt %s -dlc-choose-schedules | FileCheck %s

// The width of a tile and the number of its rows follow from the registers of the target.
// CHECK-LABEL: func.func @avx2
// CHECK: #codegen.schedule<tasks = [0, 16, 0], tile = [4, 16, 0], order = [1, 0, 2],
func.func @avx2(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> tensor<8x512xf32>
    attributes {codegen.target = #codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16>} {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %0 : tensor<8x512xf32>
}

// CHECK-LABEL: func.func @avx512
// CHECK: #codegen.schedule<tasks = [0, 32, 0], tile = [8, 32, 0], order = [1, 0, 2],
func.func @avx512(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>) -> tensor<8x512xf32>
    attributes {codegen.target = #codegen.cpu<name = "x86-64-v4">} {
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %0 : tensor<8x512xf32>
}
