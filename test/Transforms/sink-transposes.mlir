// RUN: dlc-opt %s -split-input-file -dl-sink-transposes | FileCheck %s

// Between two layers of a channels-first model the transposes meet and cancel.
// CHECK-LABEL: func.func @cancel
// CHECK-NOT: dl.transpose
// CHECK: %[[S:.*]] = dl.add %arg0, %arg1
// CHECK: %[[Y:.*]] = dl.relu %[[S]]
// CHECK: return %[[Y]]
func.func @cancel(%a: tensor<1x4x4x8xf32>, %b: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %0 = dl.transpose %a [0, 3, 1, 2] : tensor<1x4x4x8xf32>
  %1 = dl.transpose %b [0, 3, 1, 2] : tensor<1x4x4x8xf32>
  %2 = dl.add %0, %1 : tensor<1x8x4x4xf32>
  %3 = dl.relu %2 : tensor<1x8x4x4xf32>
  %4 = dl.transpose %3 [0, 2, 3, 1] : tensor<1x8x4x4xf32>
  return %4 : tensor<1x4x4x8xf32>
}

// -----

// The axis follows the dimension.
// CHECK-LABEL: func.func @concat
// CHECK: %[[Y:.*]] = dl.concat %arg0, %arg1 axis 3
// CHECK: dl.transpose %[[Y]] [0, 3, 1, 2]
func.func @concat(%a: tensor<1x4x4x8xf32>, %b: tensor<1x4x4x8xf32>) -> tensor<1x16x4x4xf32> {
  %0 = dl.transpose %a [0, 3, 1, 2] : tensor<1x4x4x8xf32>
  %1 = dl.transpose %b [0, 3, 1, 2] : tensor<1x4x4x8xf32>
  %2 = dl.concat %0, %1 axis 1 : tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>
  return %2 : tensor<1x16x4x4xf32>
}

// -----

// A vector of channels becomes one of the last dimension.
// CHECK-LABEL: func.func @bias
// CHECK: %[[B:.*]] = dl.reshape %arg1 : tensor<8x1x1xf32> to tensor<1x1x1x8xf32>
// CHECK: dl.add %arg0, %[[B]]
func.func @bias(%a: tensor<1x4x4x8xf32>, %b: tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32> {
  %0 = dl.transpose %a [0, 3, 1, 2] : tensor<1x4x4x8xf32>
  %1 = dl.add %0, %b : tensor<1x8x4x4xf32>, tensor<8x1x1xf32>
  return %1 : tensor<1x8x4x4xf32>
}

// -----

// What is left of the dimensions keeps its order.
// CHECK-LABEL: func.func @reduce
// CHECK: %[[Y:.*]] = dl.reduce_sum %arg0 axes [3]
// CHECK: dl.transpose %[[Y]] [0, 2, 1]
func.func @reduce(%a: tensor<2x3x4x8xf32>) -> tensor<2x4x3xf32> {
  %0 = dl.transpose %a [0, 3, 2, 1] : tensor<2x3x4x8xf32>
  %1 = dl.reduce_sum %0 axes [1] : tensor<2x8x4x3xf32>
  return %1 : tensor<2x4x3xf32>
}

// -----

// Dimensions of one element move for nothing.
// CHECK-LABEL: func.func @reshape
// CHECK: dl.reshape %arg0 : tensor<?x1x1x8xf32> to tensor<?x8x1x1xf32>
func.func @reshape(%a: tensor<?x1x1x8xf32>) -> tensor<?x8x1x1xf32> {
  %0 = dl.transpose %a [0, 3, 1, 2] : tensor<?x1x1x8xf32>
  return %0 : tensor<?x8x1x1xf32>
}

// -----

// The transpose of a constant begins nothing: this ends.
// CHECK-LABEL: func.func @constant
func.func @constant(%a: tensor<1x1x5x5xi64>) -> tensor<1x1x5x5xi64> {
  %c = arith.constant dense<7> : tensor<1x1x5x5xi64>
  %0 = dl.transpose %c [0, 2, 3, 1] : tensor<1x1x5x5xi64>
  %1 = dl.reshape %0 : tensor<1x5x5x1xi64> to tensor<1x1x5x5xi64>
  %2 = dl.add %a, %1 : tensor<1x1x5x5xi64>
  return %2 : tensor<1x1x5x5xi64>
}
