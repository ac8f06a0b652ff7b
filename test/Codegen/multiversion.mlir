// Every kernel once for each processor, each with tiles for its registers; shape functions
// are shared.
// RUN: dlc-opt %s -split-input-file -verify-diagnostics --dlc-multiversion | FileCheck %s
// RUN: dlc-opt %s -split-input-file -verify-diagnostics --pass-pipeline='builtin.module(dlc-multiversion,func.func(dlc-form-nests,dlc-choose-schedules,dlc-tile-and-fuse))' | FileCheck %s --check-prefix=TILES

// CHECK-COUNT-1: func.func @f.kernel(
// CHECK-SAME: codegen.target = #codegen.cpu<name = "small", vectorBits = 256, vectorRegisters = 16>
// CHECK-COUNT-1: func.func @f.kernel.large(
// CHECK-SAME: codegen.target = #codegen.cpu<name = "large", hasBF16Dot = true>
// CHECK-SAME: codegen.version_of = @f.kernel
// CHECK-COUNT-1: func.func private @f.kernel.shapes(
// CHECK-SAME: codegen.target = #codegen.cpu<name = "small"
// CHECK-NOT: func.func

// TILES-LABEL: func.func @f.kernel(
// TILES: linalg.matmul {{.*}} -> tensor<?x16xf32>
// TILES-LABEL: func.func @f.kernel.large(
// TILES: linalg.matmul {{.*}} -> tensor<?x32xf32>

module attributes {codegen.targets = [
    #codegen.cpu<name = "small", vectorBits = 256, vectorRegisters = 16>,
    #codegen.cpu<name = "large", hasBF16Dot = true>]} {
func.func @f.kernel(%a: tensor<100x64xf32>, %b: tensor<64x64xf32>, %c: tensor<100x64xf32>) -> tensor<100x64xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<100x64xf32>, tensor<64x64xf32>) outs(%c : tensor<100x64xf32>) -> tensor<100x64xf32>
  return %0 : tensor<100x64xf32>
}
func.func private @f.kernel.shapes(%out: memref<?xi64>) {
  return
}
}

// -----

// expected-error @below {{'codegen.targets' is [512], expected a list of #codegen.cpu, the least first}}
module attributes {codegen.targets = [512]} {
}

// -----

// expected-error @below {{vectors of 48 bits, expected a power of 2 from 64 on}}
module attributes {codegen.targets = [#codegen.cpu<name = "odd", vectorBits = 48>]} {
}
