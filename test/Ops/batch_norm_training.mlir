// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random batch_norm_training
// RUN: %gradient batch_norm_training

func.func @example(%x: tensor<?x5x3xf32>, %s: tensor<3xf32>, %o: tensor<3xf32>) -> (tensor<?x5x3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %y, %m, %v = dl.batch_norm_training %x, %s, %o : tensor<?x5x3xf32>, tensor<3xf32>, tensor<3xf32>
  return %y, %m, %v : tensor<?x5x3xf32>, tensor<3xf32>, tensor<3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: %[[MEAN:.*]] = dl.reduce_mean %arg0 axes [0, 1]
// CHECK: dl.square
// CHECK: %[[VARIANCE:.*]] = dl.reduce_mean
// CHECK: dl.batch_norm %arg0, %arg1, %arg2, %[[MEAN]], %[[VARIANCE]]

// -----

func.func @refused(%x: tensor<2x5x3xf32>, %s: tensor<4xf32>, %o: tensor<3xf32>) {
  // expected-error @below {{scale has shape 4, expected 3 as the number of channels}}
  %y, %m, %v = dl.batch_norm_training %x, %s, %o : tensor<2x5x3xf32>, tensor<4xf32>, tensor<3xf32>
  return
}
