// Every kernel once for each processor, each with tiles for its registers; shape functions
// are shared.
// RUN: dlc-opt %s --dlc-multiversion='processors=small:256:16,large:512:32:bf16' | FileCheck %s
// RUN: dlc-opt %s --pass-pipeline='builtin.module(dlc-multiversion{processors=small:256:16,large:512:32:bf16},func.func(dlc-tile-and-fuse))' | FileCheck %s --check-prefix=TILES
// RUN: not dlc-opt %s --dlc-multiversion='processors=small:256' 2>&1 | FileCheck %s --check-prefix=WRONG

// CHECK-COUNT-1: func.func @f.kernel(
// CHECK-SAME: dlc.machine = array<i64: 256, 16, 0>
// CHECK-COUNT-1: func.func @f.kernel.large(
// CHECK-SAME: dlc.machine = array<i64: 512, 32, 1>
// CHECK-COUNT-1: func.func @f.kernel.shapes(
// CHECK-NOT: func.func

// TILES-LABEL: func.func @f.kernel(
// TILES: linalg.matmul {{.*}} -> tensor<?x16xf32>
// TILES-LABEL: func.func @f.kernel.large(
// TILES: linalg.matmul {{.*}} -> tensor<?x32xf32>

// WRONG: error: processor 'small:256', expected name:bits:registers
func.func @f.kernel(%a: tensor<100x64xf32>, %b: tensor<64x64xf32>, %c: tensor<100x64xf32>) -> tensor<100x64xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<100x64xf32>, tensor<64x64xf32>) outs(%c : tensor<100x64xf32>) -> tensor<100x64xf32>
  return %0 : tensor<100x64xf32>
}
func.func @f.kernel.shapes(%out: memref<?xi64>) {
  return
}
