// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-form-nests,dlc-choose-schedules,dlc-tile-and-fuse),dlc-mark-regions)' | FileCheck %s

// What a loop over time does counts as often as it does it; unknown where that is.
// CHECK: codegen.regions = [#codegen.region<number = 0, {{[^>]*}}flops = 2560, bytes = 20480, {{[^>]*}}function = @steps>
// CHECK-SAME: #codegen.region<number = 1, {{[^>]*}}flops = -1, bytes = -1, {{[^>]*}}function = @steps>]
func.func @steps(%ctx: !llvm.ptr, %n: index, %x: tensor<256xf32>) -> (tensor<256xf32>, tensor<256xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %ten = arith.constant 10 : index
  %0 = scf.for %i = %zero to %ten step %one iter_args(%s = %x) -> tensor<256xf32> {
    %1 = linalg.exp ins(%s : tensor<256xf32>) outs(%s : tensor<256xf32>) -> tensor<256xf32>
    scf.yield %1 : tensor<256xf32>
  }
  %2 = scf.for %i = %zero to %n step %one iter_args(%s = %x) -> tensor<256xf32> {
    %3 = linalg.exp ins(%s : tensor<256xf32>) outs(%s : tensor<256xf32>) -> tensor<256xf32>
    scf.yield %3 : tensor<256xf32>
  }
  return %0, %2 : tensor<256xf32>, tensor<256xf32>
}
