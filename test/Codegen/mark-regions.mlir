// Loop nests are numbered, and put between two calls where a profile is wanted.
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-tile-and-fuse),dlc-mark-regions)' | FileCheck %s --check-prefixes=CHECK,QUIET
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-tile-and-fuse),dlc-mark-regions{calls=true})' | FileCheck %s --check-prefixes=CHECK,CALLS

// CHECK: dlc.regions = [{bytes = 5120 : i64, {{.*}}flops = 16384 : i64, function = "f", kind = "product"
// CHECK-SAME: {bytes = 2048 : i64, {{.*}}flops = 256 : i64, function = "f", kind = "element-wise"
// QUIET-NOT: dlc_rt_mark
// CALLS: func.func private @dlc_rt_mark(!llvm.ptr, i64)
// CALLS-LABEL: func.func @f(
// CALLS-SAME: %[[CTX:.*]]: !llvm.ptr
// CALLS: %[[FIRST:.*]] = arith.constant 1 : i64
// CALLS: call @dlc_rt_mark(%[[CTX]], %[[FIRST]])
// CALLS: scf.for
// CALLS: %[[END:.*]] = arith.constant -1 : i64
// CALLS: call @dlc_rt_mark(%[[CTX]], %[[END]])
func.func @f(%ctx: !llvm.ptr, %a: tensor<16x32xf32>, %b: tensor<32x16xf32>, %c: tensor<16x16xf32>,
             %x: tensor<256xf32>, %y: tensor<256xf32>) -> (tensor<16x16xf32>, tensor<256xf32>) {
  %0 = linalg.matmul ins(%a, %b : tensor<16x32xf32>, tensor<32x16xf32>) outs(%c : tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = linalg.exp ins(%x : tensor<256xf32>) outs(%y : tensor<256xf32>) -> tensor<256xf32>
  return %0, %1 : tensor<16x16xf32>, tensor<256xf32>
}
