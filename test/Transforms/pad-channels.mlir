// Few output channels become a power of two; the slice that removes the others comes after
// what works on each channel by itself.
// RUN: dlc-opt %s --dl-pad-channels --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK-DAG: %[[W:.*]] = dl.pad %{{.*}} low [0, 0, 0, 0] high [0, 0, 0, 2] : tensor<3x3x2x6xf32>
// CHECK-DAG: %[[B:.*]] = dl.pad %{{.*}} low [0] high [2] : tensor<6xf32>
// CHECK: %[[Y:.*]] = dl.conv %{{.*}}, %[[W]], %[[B]] : tensor<?x20x20x2xf32>, tensor<3x3x2x8xf32>, tensor<8xf32>
// CHECK: %[[Z:.*]] = dl.tanh %[[Y]] : tensor<?x18x18x8xf32>
// CHECK: %[[P:.*]] = dl.max_pool %[[Z]] window [2, 2] strides [2, 2] : tensor<?x18x18x8xf32>
// CHECK: %[[S:.*]] = dl.slice %[[P]] [0, 0, 0, 0] to [{{.*}}, 6] : tensor<?x9x9x8xf32>
// CHECK: dl.softmax %[[S]] axis 3 : tensor<?x9x9x6xf32>
func.func @conv(%x: tensor<?x20x20x2xf32>) -> tensor<?x9x9x6xf32> {
  %w = arith.constant dense<0.5> : tensor<3x3x2x6xf32>
  %b = arith.constant dense<0.25> : tensor<6xf32>
  %0 = dl.conv %x, %w, %b : tensor<?x20x20x2xf32>, tensor<3x3x2x6xf32>, tensor<6xf32>
  %1 = dl.tanh %0 : tensor<?x18x18x6xf32>
  %2 = dl.max_pool %1 window [2, 2] strides [2, 2] : tensor<?x18x18x6xf32>
  %3 = dl.softmax %2 axis 3 : tensor<?x9x9x6xf32>
  return %3 : tensor<?x9x9x6xf32>
}

// -----

// Powers of two, one channel, groups, values for weights, little work: as they are.
// CHECK-LABEL: func.func @others
// CHECK-NOT: dl.pad
func.func @others(%x: tensor<64x64xf32>, %v: tensor<64x6xf32>, %i: tensor<1x20x20x6xf32>, %s: tensor<1x4xf32>) -> (tensor<64x8xf32>, tensor<64x1xf32>, tensor<64x6xf32>, tensor<1x18x18x6xf32>, tensor<1x3xf32>) {
  %w8 = arith.constant dense<0.5> : tensor<64x8xf32>
  %w1 = arith.constant dense<0.5> : tensor<64x1xf32>
  %wg = arith.constant dense<0.5> : tensor<3x3x3x6xf32>
  %ws = arith.constant dense<0.5> : tensor<4x3xf32>
  %0 = dl.dense %x, %w8 : tensor<64x64xf32>, tensor<64x8xf32>
  %1 = dl.dense %x, %w1 : tensor<64x64xf32>, tensor<64x1xf32>
  %2 = dl.dense %x, %v : tensor<64x64xf32>, tensor<64x6xf32>
  %3 = dl.conv %i, %wg groups 2 : tensor<1x20x20x6xf32>, tensor<3x3x3x6xf32>
  %4 = dl.dense %s, %ws : tensor<1x4xf32>, tensor<4x3xf32>
  return %0, %1, %2, %3, %4 : tensor<64x8xf32>, tensor<64x1xf32>, tensor<64x6xf32>, tensor<1x18x18x6xf32>, tensor<1x3xf32>
}

// -----

// Weights of a constant global are constant as well.
ml_program.global private @g(dense<0.5> : tensor<64x6xf32>) : tensor<64x6xf32>
// CHECK-LABEL: func.func @global
// CHECK: dl.dense {{.*}} tensor<64x8xf32>
func.func @global(%x: tensor<64x64xf32>) -> tensor<64x6xf32> {
  %w = ml_program.global_load_const @g : tensor<64x6xf32>
  %0 = dl.dense %x, %w : tensor<64x64xf32>, tensor<64x6xf32>
  return %0 : tensor<64x6xf32>
}
