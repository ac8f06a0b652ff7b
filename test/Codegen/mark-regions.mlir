// Loop nests are numbered, and put between two calls where a profile is wanted.
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-form-nests,dlc-choose-schedules,dlc-tile-and-fuse),dlc-mark-regions)' | FileCheck %s --check-prefixes=CHECK,QUIET
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-form-nests,dlc-choose-schedules,dlc-tile-and-fuse),dlc-mark-regions{calls=true})' | FileCheck %s --check-prefixes=CHECK,CALLS

// CHECK: codegen.regions = [#codegen.region<number = 1, name = "mark-regions.mlir:{{[0-9]+}}", kind = product, flops = 16384, bytes = 5120, cost = 0, tile = [16, 16, 0], layout = as_is, function = @f>
// CHECK-SAME: #codegen.region<number = 0, name = "mark-regions.mlir:{{[0-9]+}}", kind = elementwise, flops = 256, bytes = 2048, cost = 0, tile = [16], function = @f>]
// QUIET-NOT: codegen.{{begin|end}}_region
// CALLS-LABEL: func.func @f(
// CALLS-SAME: %[[CTX:.*]]: !llvm.ptr
// CALLS: codegen.begin_region %[[CTX]][0]
// CALLS-NEXT: scf.for
// CALLS: linalg.matmul
// CALLS: codegen.end_region %[[CTX]]
// CALLS: codegen.begin_region %[[CTX]][1]
// CALLS-NEXT: scf.for
// CALLS: linalg.exp
// CALLS: codegen.end_region %[[CTX]]
func.func @f(%ctx: !llvm.ptr, %a: tensor<16x32xf32>, %b: tensor<32x16xf32>, %c: tensor<16x16xf32>,
             %x: tensor<256xf32>, %y: tensor<256xf32>) -> (tensor<16x16xf32>, tensor<256xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<16x32xf32>, tensor<32x16xf32>) outs(%c : tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = linalg.exp ins(%x : tensor<256xf32>) outs(%y : tensor<256xf32>) -> tensor<256xf32>
  return %0, %1 : tensor<16x16xf32>, tensor<256xf32>
}
