// An element-wise op runs as one flat loop and writes straight to the result's
// memory: nothing is allocated, nothing copied.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o %t.vector.mlir
// RUN: dlc-opt %t.vector.mlir -dlc-llvm-pipeline -mlir-print-ir-before=dlc-plan-arena -o %t.null 2>&1 | FileCheck %s

// CHECK: func.func @main.kernel(
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: scf.forall
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return

func.func @main(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %0 = dl.exp %x : tensor<512x512xf32>
  return %0 : tensor<512x512xf32>
}
