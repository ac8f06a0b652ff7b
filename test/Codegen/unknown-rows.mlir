// RUN: dlc-opt %s --dlc-form-nests --dlc-choose-schedules --dlc-tile-and-fuse --canonicalize --cse | FileCheck %s

// Any number of rows: tasks of a size that pays, by rows and by columns; a task with fewer
// rows costs less. The right operand is small, and there may be few rows: no copy of it.
// CHECK-LABEL: func.func @rows
// CHECK: %[[ROWS:.*]] = tensor.dim %arg0
// CHECK: %[[OWN:.*]] = arith.minui %[[ROWS]], %c592
// CHECK: scf.forall {{.*}} to (%{{.*}}, 512) step (592, 32)
// CHECK-NEXT: codegen.scale_cost %[[OWN]] assumed 256
// CHECK-NOT: linalg.copy
func.func @rows(%x: tensor<?x128xf32>, %w: tensor<128x512xf32>, %y: tensor<?x512xf32>) -> tensor<?x512xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<?x128xf32>, tensor<128x512xf32>) outs(%y : tensor<?x512xf32>) -> tensor<?x512xf32>
  return %0 : tensor<?x512xf32>
}

// An unknown number of summands, as in the gradient of weights.
// CHECK-LABEL: func.func @summands
// CHECK: %[[K:.*]] = tensor.dim %arg0, %c1
// CHECK: scf.forall {{.*}} (512) step (32)
// CHECK-NEXT: codegen.scale_cost %[[K]] assumed 256
func.func @summands(%x: tensor<128x?xf32>, %w: tensor<?x512xf32>, %y: tensor<128x512xf32>) -> tensor<128x512xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<128x?xf32>, tensor<?x512xf32>) outs(%y : tensor<128x512xf32>) -> tensor<128x512xf32>
  return %0 : tensor<128x512xf32>
}

// Nothing is assumed of extents that are known.
// CHECK-LABEL: func.func @known
// CHECK: scf.forall
// CHECK-NOT: codegen.scale_cost
func.func @known(%x: tensor<256x128xf32>, %w: tensor<128x512xf32>, %y: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<256x128xf32>, tensor<128x512xf32>) outs(%y : tensor<256x512xf32>) -> tensor<256x512xf32>
  return %0 : tensor<256x512xf32>
}

// A few rows by a small matrix get no tasks, however many rows there may be.
// CHECK-LABEL: func.func @small
// CHECK-NOT: scf.forall
func.func @small(%x: tensor<?x4xf32>, %w: tensor<4x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
