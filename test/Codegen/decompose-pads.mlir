// RUN: dlc-opt %s -dlc-decompose-pads -split-input-file -verify-diagnostics | FileCheck %s

// Each element is written once: a strip before, a strip after, a copy between them.
// CHECK-LABEL: func.func @outside
// CHECK: %[[X:.*]] = bufferization.to_tensor %arg0
// CHECK: %[[ALL:.*]] = bufferization.alloc_tensor() : tensor<7xf32>
// CHECK: tensor.extract_slice %[[ALL]][0] [1] [1]
// CHECK: linalg.fill
// CHECK: tensor.extract_slice %{{.*}}[5] [2] [1]
// CHECK: linalg.fill
// CHECK: %[[INNER:.*]] = tensor.extract_slice %{{.*}}[1] [4] [1]
// CHECK: %[[COPY:.*]] = linalg.copy ins(%[[X]] : tensor<4xf32>) outs(%[[INNER]] : tensor<4xf32>)
// CHECK: tensor.insert_slice %[[COPY]] into %{{.*}}[1] [4] [1]
func.func @outside(%m: memref<4xf32>, %v: f32) -> tensor<7xf32> {
  %x = bufferization.to_tensor %m restrict : memref<4xf32> to tensor<4xf32>
  %0 = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %v : f32
  } : tensor<4xf32> to tensor<7xf32>
  return %0 : tensor<7xf32>
}

// The strips of the second dimension are as high as what the first left of it; a border of
// no width has none.
// CHECK-LABEL: func.func @corners
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [1, 6] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[5, 0] [1, 6] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[1, 5] [4, 1] [1, 1]
// CHECK: linalg.fill
// CHECK-NOT: linalg.fill
// CHECK: return
func.func @corners(%x: tensor<4x5xf32>, %v: f32) -> tensor<6x6xf32> {
  %0 = tensor.pad %x low[1, 0] high[1, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %v : f32
  } : tensor<4x5xf32> to tensor<6x6xf32>
  return %0 : tensor<6x6xf32>
}

// What is computed here finds its borders written, and is not copied.
// CHECK-LABEL: func.func @computed
// CHECK: linalg.fill
// CHECK: %[[Y:.*]] = linalg.exp
// CHECK-NOT: linalg.copy
// CHECK: tensor.insert_slice %[[Y]] into %{{.*}}[1] [4] [1]
func.func @computed(%x: tensor<4xf32>, %e: tensor<4xf32>) -> tensor<5xf32> {
  %zero = arith.constant 0.0 : f32
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = tensor.pad %y low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

// The number may stand in the body of the padding.
// CHECK-LABEL: func.func @number_inside
// CHECK: arith.constant 2.000000e+00
// CHECK: linalg.fill
// CHECK-NOT: tensor.pad
func.func @number_inside(%x: tensor<4xf32>) -> tensor<5xf32> {
  %0 = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    %two = arith.constant 2.0 : f32
    tensor.yield %two : f32
  } : tensor<4xf32> to tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

// Strips are filled with one value; a value of each place is refused.
func.func @place(%x: tensor<4xindex>) -> tensor<7xindex> {
  // expected-error @+1 {{padding value depends on the position}}
  %0 = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<4xindex> to tensor<7xindex>
  return %0 : tensor<7xindex>
}
