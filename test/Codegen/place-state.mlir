// RUN: dlc-opt %s -dlc-place-state | FileCheck %s

// Mutable globals lie side by side in each context's memory, at multiples of 64 bytes.
// First values that are not zero join the weights.
// CHECK: module attributes {codegen.states = [
// CHECK-SAME: #codegen.state<name = "a", type = tensor<20xf32>, offset = 0>
// CHECK-SAME: #codegen.state<name = "b", type = tensor<4xf64>, offset = 128, first = 0>]
// CHECK-SAME: codegen.weights = [#codegen.weight<offset = 0, values = dense<2.000000e+00> : tensor<4xf64>>]
// CHECK: memref.global {{.*}} constant @w
// CHECK-NOT: memref.global {{.*}}@a
// CHECK-LABEL: func.func @f
// CHECK: %[[ALL:.*]] = codegen.state_memory %arg0
// CHECK: memref.view %[[ALL]][%c128
memref.global "private" @a : memref<20xf32> = dense<0.0>
memref.global "private" @b : memref<4xf64> = dense<2.0>
memref.global "private" constant @w : memref<4xf32> = dense<3.0>
func.func @f(%context: !llvm.ptr) -> memref<4xf64> {
  %0 = memref.get_global @b : memref<4xf64>
  return %0 : memref<4xf64>
}
