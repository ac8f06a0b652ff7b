// The borders of a padded buffer come before what computes its interior, which then is
// computed in place: no copy between two convolutions.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o %t.vector.mlir
// RUN: dlc-opt %t.vector.mlir -dlc-llvm-pipeline -mlir-print-ir-before=dlc-plan-arena -o %t.null 2>&1 | FileCheck %s

// CHECK: func.func @main.kernel(
// CHECK: memref.alloc() {{.*}} : memref<1x16x16x32xf32>
// CHECK-NOT: memref.copy
// CHECK: memref.alloc() {{.*}} : memref<1x16x16x32xf32>
// CHECK-NOT: memref.copy
// CHECK: return

func.func @main(%x: tensor<1x16x16x32xf32>, %w: tensor<3x3x32x32xf32>) -> tensor<1x14x14x32xf32> {
  %0 = dl.conv %x, %w : tensor<1x16x16x32xf32>, tensor<3x3x32x32xf32>
  %1 = dl.conv %0, %w padding same : tensor<1x14x14x32xf32>, tensor<3x3x32x32xf32>
  %2 = dl.relu %1 : tensor<1x14x14x32xf32>
  %3 = dl.conv %2, %w padding same : tensor<1x14x14x32xf32>, tensor<3x3x32x32xf32>
  return %3 : tensor<1x14x14x32xf32>
}
