// RUN: dlc-opt %s -dlc-mark-regions | FileCheck %s

// What a loop over time does counts as often as it does it; unknown where that is.
// CHECK: module attributes {codegen.regions = [
// CHECK-SAME: #codegen.region<number = 0, name = "a", kind = elementwise, flops = 2560, bytes = 20480, cost = 0, function = @steps>,
// CHECK-SAME: #codegen.region<number = 1, name = "b", kind = elementwise, flops = -1, bytes = -1, cost = 0, function = @steps>,
// A count beyond 64 bits is unknown.
// CHECK-SAME: #codegen.region<number = 0, name = "c", kind = elementwise, flops = -1, bytes = 0, cost = 0, function = @endless>]}
// CHECK-NOT: codegen.region =
func.func @steps(%ctx: !llvm.ptr, %n: index, %x: tensor<256xf32>) -> (tensor<256xf32>, tensor<256xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %ten = arith.constant 10 : index
  %0 = scf.for %i = %zero to %ten step %one iter_args(%s = %x) -> tensor<256xf32> {
    %1 = linalg.exp {codegen.region = #codegen.region<number = 0, name = "a", kind = elementwise, flops = 256, bytes = 2048, cost = 0>}
        ins(%s : tensor<256xf32>) outs(%s : tensor<256xf32>) -> tensor<256xf32>
    scf.yield %1 : tensor<256xf32>
  }
  %2 = scf.for %i = %zero to %n step %one iter_args(%s = %x) -> tensor<256xf32> {
    %3 = linalg.exp {codegen.region = #codegen.region<number = 1, name = "b", kind = elementwise, flops = 256, bytes = 2048, cost = 0>}
        ins(%s : tensor<256xf32>) outs(%s : tensor<256xf32>) -> tensor<256xf32>
    scf.yield %3 : tensor<256xf32>
  }
  return %0, %2 : tensor<256xf32>, tensor<256xf32>
}

func.func @endless(%x: tensor<256xf32>) -> tensor<256xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %many = arith.constant 1000000000000000000 : index
  %0 = scf.for %i = %zero to %many step %one iter_args(%s = %x) -> tensor<256xf32> {
    %1 = linalg.exp {codegen.region = #codegen.region<number = 0, name = "c", kind = elementwise, flops = 256, bytes = 0, cost = 0>}
        ins(%s : tensor<256xf32>) outs(%s : tensor<256xf32>) -> tensor<256xf32>
    scf.yield %1 : tensor<256xf32>
  }
  return %0 : tensor<256xf32>
}
