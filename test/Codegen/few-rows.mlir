// A few rows over weights of more than 8 MiB have tiles of four vectors; over smaller
// ones, which a cache holds, of two.
// RUN: dlc %s --report --cpu=x86-64-v4 -o %t.so | FileCheck %s
// CHECK: loop nests of large
// CHECK: product {{.*}} 6x64x
// CHECK: loop nests of small
// CHECK: product {{.*}} 8x32x
func.func @large(%x: tensor<8x2048xf32>, %w: tensor<2048x2048xf32>) -> tensor<8x2048xf32> {
  %0 = dl.matmul %x, %w : tensor<8x2048xf32>, tensor<2048x2048xf32>
  return %0 : tensor<8x2048xf32>
}
func.func @small(%x: tensor<8x256xf32>, %w: tensor<256x256xf32>) -> tensor<8x256xf32> {
  %0 = dl.matmul %x, %w : tensor<8x256xf32>, tensor<256x256xf32>
  return %0 : tensor<8x256xf32>
}
