// RUN: dlc-opt %s -dlc-reshape-destinations -split-input-file | FileCheck %s

// The value before all reshapes is computed in a view of the destination, which is created before
// the op that computes it.
// CHECK-LABEL: func.func @chain
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %arg2 {{\[}}[0, 1]] : memref<4x2xf32> into memref<8xf32>
// CHECK: %[[VIEW:.*]] = memref.expand_shape %[[FLAT]] {{\[}}[0, 1]] output_shape [2, 4]
// CHECK: %[[Y:.*]] = linalg.exp
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[VIEW]] : (tensor<2x4xf32>, memref<2x4xf32>)
func.func @chain(%x: tensor<2x4xf32>, %e: tensor<2x4xf32>, %y: memref<4x2xf32>) {
  %0 = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %2 = tensor.expand_shape %1 [[0, 1]] output_shape [4, 2] : tensor<8xf32> into tensor<4x2xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4x2xf32>, memref<4x2xf32>) -> ()
  return
}

// -----

// A view of unknown extents has those of the value.
// CHECK-LABEL: func.func @unknown
// CHECK: %[[ROWS:.*]] = tensor.dim %arg0, %c0
// CHECK: %[[VIEW:.*]] = memref.expand_shape %arg1 {{\[}}[0, 1]] output_shape [%[[ROWS]], 4]
// CHECK: bufferization.materialize_in_destination %arg0 in restrict writable %[[VIEW]]
func.func @unknown(%x: tensor<?x4xf32>, %y: memref<?xf32>) {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}

// -----

// A destination with gaps, or of a type that says less than the value's, has no such view.
// CHECK-LABEL: func.func @none
// CHECK-NOT: memref.collapse_shape
// CHECK: %[[Y:.*]] = tensor.expand_shape
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %arg1
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %arg2
func.func @none(%x: tensor<8xf32>, %y: memref<2x4xf32, strided<[8, 1]>>, %z: memref<?x4xf32>) {
  %0 = tensor.expand_shape %x [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
  bufferization.materialize_in_destination %0 in restrict writable %y : (tensor<2x4xf32>, memref<2x4xf32, strided<[8, 1]>>) -> ()
  bufferization.materialize_in_destination %0 in restrict writable %z : (tensor<2x4xf32>, memref<?x4xf32>) -> ()
  return
}
