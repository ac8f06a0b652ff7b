// RUN: dlc-opt %s -dlc-update-in-place | FileCheck %s

// The new value of each element is made of the old one at its place: the memory of the
// old is the destination.
// CHECK-LABEL: func.func @step
// CHECK: %[[OLD:.*]] = bufferization.to_tensor %arg0 restrict writable
// CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<8xf32>) outs(%[[OLD]] : tensor<8xf32>)
func.func @step(%p: memref<8xf32>, %g: tensor<8xf32>) {
  %old = bufferization.to_tensor %p restrict : memref<8xf32> to tensor<8xf32>
  %e = tensor.empty() : tensor<8xf32>
  %new = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%old, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.subf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<8xf32>
  %b = bufferization.to_buffer %new read_only : tensor<8xf32> to memref<8xf32>
  memref.copy %b, %p : memref<8xf32> to memref<8xf32>
  return
}

// Elements are read elsewhere too: the copy stays.
// CHECK-LABEL: func.func @mirrored
// CHECK-NOT: writable
// CHECK: outs(%{{.*}} : tensor<8x8xf32>)
func.func @mirrored(%p: memref<8x8xf32>) {
  %old = bufferization.to_tensor %p restrict : memref<8x8xf32> to tensor<8x8xf32>
  %e = tensor.empty() : tensor<8x8xf32>
  %new = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%old : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %d = arith.addf %a, %a : f32
    linalg.yield %d : f32
  } -> tensor<8x8xf32>
  %b = bufferization.to_buffer %new read_only : tensor<8x8xf32> to memref<8x8xf32>
  memref.copy %b, %p : memref<8x8xf32> to memref<8x8xf32>
  return
}
