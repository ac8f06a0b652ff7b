// A depthwise convolution: the window is unrolled, sums of neighbouring positions stay
// in registers as vectors over the channels, a step is one multiply-add.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o %t.vector.mlir
// RUN: dlc-opt %t.vector.mlir -dlc-llvm-pipeline -mlir-print-ir-before=dlc-plan-arena -o %t.null 2>&1 | FileCheck %s

// CHECK: func.func @main.kernel(
// CHECK-NOT: arith.mulf
// CHECK-COUNT-9: vector.fma {{.*}} : vector<{{[78]x16|16}}xf32>
// CHECK-NOT: arith.mulf
// CHECK: return

func.func @main(%x: tensor<1x16x16x32xf32>, %w: tensor<3x3x1x32xf32>) -> tensor<1x14x14x32xf32> {
  %0 = dl.conv %x, %w groups 32 : tensor<1x16x16x32xf32>, tensor<3x3x1x32xf32>
  return %0 : tensor<1x14x14x32xf32>
}
