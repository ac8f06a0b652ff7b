// RUN: dlc-opt %s -dl-fold-batch-norm -canonicalize | FileCheck %s

// The factor goes into the filter, the rest into a bias.
// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x2x5xf32>, %s: tensor<5xf32>,
                %o: tensor<5xf32>, %m: tensor<5xf32>, %v: tensor<5xf32>) -> tensor<1x2x2x5xf32> {
  // CHECK: %[[SUM:.*]] = dl.add %arg5
  // CHECK: %[[ROOT:.*]] = dl.sqrt %[[SUM]]
  // CHECK: %[[FACTOR:.*]] = dl.div %arg2, %[[ROOT]]
  // CHECK: %[[W:.*]] = dl.mul %arg1, %[[FACTOR]]
  // CHECK: %[[NEG:.*]] = dl.neg %arg4
  // CHECK: %[[PART:.*]] = dl.mul %[[NEG]], %[[FACTOR]]
  // CHECK: %[[B:.*]] = dl.add %[[PART]], %arg3
  // CHECK: %[[Y:.*]] = dl.conv %arg0, %[[W]], %[[B]]
  // CHECK: return %[[Y]]
  %0 = dl.conv %x, %w : tensor<1x4x4x2xf32>, tensor<3x3x2x5xf32>
  %1 = dl.batch_norm %0, %s, %o, %m, %v : tensor<1x2x2x5xf32>, tensor<5xf32>
  return %1 : tensor<1x2x2x5xf32>
}

// A layer whose result is read elsewhere too stays as it is.
// CHECK-LABEL: func.func @shared
func.func @shared(%x: tensor<1x2xf32>, %w: tensor<2x5xf32>, %s: tensor<5xf32>) -> (tensor<1x5xf32>, tensor<1x5xf32>) {
  // CHECK: dl.dense %arg0, %arg1 :
  // CHECK: dl.batch_norm
  %0 = dl.dense %x, %w : tensor<1x2xf32>, tensor<2x5xf32>
  %1 = dl.batch_norm %0, %s, %s, %s, %s : tensor<1x5xf32>, tensor<5xf32>
  return %0, %1 : tensor<1x5xf32>, tensor<1x5xf32>
}
