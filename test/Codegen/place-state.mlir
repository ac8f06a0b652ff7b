// RUN: dlc-opt %s -dlc-place-state | FileCheck %s

// Mutable globals lie side by side in each context's memory, at multiples of 64 bytes.
// First values that are not zero join the weights.
// CHECK: module attributes {dlc.states = [
// CHECK-SAME: {first = -1 : i64, name = "a", offset = 0 : i64, type = tensor<20xf32>}
// CHECK-SAME: {first = 0 : i64, name = "b", offset = 128 : i64, type = tensor<4xf64>}
// CHECK-SAME: dlc.weights = [dense<2.000000e+00> : tensor<4xf64>]
// CHECK: memref.global {{.*}} constant @w
// CHECK-NOT: memref.global {{.*}}@a
// CHECK-LABEL: func.func @f
// CHECK: %[[ALL:.*]] = call @dlc.state_memory(%arg0)
// CHECK: memref.view %[[ALL]][%c128
memref.global "private" @a : memref<20xf32> = dense<0.0>
memref.global "private" @b : memref<4xf64> = dense<2.0>
memref.global "private" constant @w : memref<4xf32> = dense<3.0>
func.func @f(%context: !llvm.ptr) -> memref<4xf64> {
  %0 = memref.get_global @b : memref<4xf64>
  return %0 : memref<4xf64>
}
