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

// Several results, each in the memory of its own old value.
// CHECK-LABEL: func.func @both
// CHECK: %[[V:.*]] = bufferization.to_tensor %arg0 restrict writable
// CHECK: %[[P:.*]] = bufferization.to_tensor %arg1 restrict writable
// CHECK: linalg.generic {{.*}} ins(%arg2 : tensor<8xf32>) outs(%[[V]], %[[P]] : tensor<8xf32>, tensor<8xf32>)
// CHECK-NEXT: ^bb0(%[[G:.*]]: f32, %[[OLDV:.*]]: f32, %[[OLDP:.*]]: f32):
// CHECK-NEXT: %[[NEW:.*]] = arith.addf %[[OLDV]], %[[G]]
// CHECK-NEXT: arith.subf %[[OLDP]], %[[NEW]]
func.func @both(%velocity: memref<8xf32>, %parameter: memref<8xf32>, %g: tensor<8xf32>) {
  %v = bufferization.to_tensor %velocity restrict : memref<8xf32> to tensor<8xf32>
  %p = bufferization.to_tensor %parameter restrict : memref<8xf32> to tensor<8xf32>
  %e = tensor.empty() : tensor<8xf32>
  %new:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%p, %g, %v : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%e, %e : tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32, %q: f32):
    %s = arith.addf %c, %b : f32
    %t = arith.subf %a, %s : f32
    linalg.yield %s, %t : f32, f32
  } -> (tensor<8xf32>, tensor<8xf32>)
  %bv = bufferization.to_buffer %new#0 read_only : tensor<8xf32> to memref<8xf32>
  memref.copy %bv, %velocity : memref<8xf32> to memref<8xf32>
  %bp = bufferization.to_buffer %new#1 read_only : tensor<8xf32> to memref<8xf32>
  memref.copy %bp, %parameter : memref<8xf32> to memref<8xf32>
  return
}
