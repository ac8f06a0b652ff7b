// RUN: dlc-opt %s -dlc-place-weights | FileCheck %s

// Large constants lie side by side, at multiples of 64 bytes; small ones stay.
// CHECK: module attributes {codegen.weights = [
// CHECK-SAME: #codegen.weight<offset = 0, values = dense<1.000000e+00> : tensor<100xf32>>
// CHECK-SAME: #codegen.weight<offset = 448, values = dense<2.000000e+00> : tensor<64xf64>>
// CHECK-SAME: #codegen.weight<offset = 960, values = dense<true> : tensor<256xi1>>]
// CHECK-NOT: memref.global {{.*}}@a
// CHECK: memref.global {{.*}}@small
// CHECK-LABEL: func.func @f
// CHECK: %[[ALL:.*]] = codegen.weight_memory %arg0
// CHECK-DAG: memref.view %[[ALL]][%c0]
// CHECK-DAG: memref.view %[[ALL]][%c448
memref.global "private" constant @a : memref<100xf32> = dense<1.0>
memref.global "private" constant @b : memref<64xf64> = dense<2.0>
memref.global "private" constant @mask : memref<256xi1> = dense<true>
memref.global "private" constant @small : memref<4xf32> = dense<3.0>
func.func @f(%context: !llvm.ptr) -> (memref<100xf32>, memref<64xf64>, memref<4xf32>, memref<256xi1>) {
  %0 = memref.get_global @a : memref<100xf32>
  %1 = memref.get_global @b : memref<64xf64>
  %2 = memref.get_global @small : memref<4xf32>
  %3 = memref.get_global @mask : memref<256xi1>
  return %0, %1, %2, %3 : memref<100xf32>, memref<64xf64>, memref<4xf32>, memref<256xi1>
}
