// RUN: dlc-opt %s -dl-differentiate -canonicalize -split-input-file | FileCheck %s

// What reaches slices of one value that do not overlap, as the gates of a cell, is put side
// by side; zeros fill what no slice has read.
func.func private @loss(%x: tensor<2x9xf32>) -> tensor<f32> {
  %a = dl.slice %x [0, 0] to [2, 3] : tensor<2x9xf32>
  %b = dl.slice %x [0, 3] to [2, 6] : tensor<2x9xf32>
  %c = dl.slice %x [0, 7] to [2, 9] : tensor<2x9xf32>
  %0 = dl.sin %a : tensor<2x3xf32>
  %1 = dl.exp %b : tensor<2x3xf32>
  %2 = dl.mul %0, %1 : tensor<2x3xf32>
  %3 = dl.reduce_sum %2 : tensor<2x3xf32>
  %4 = dl.square %c : tensor<2x2xf32>
  %5 = dl.reduce_sum %4 : tensor<2x2xf32>
  %6 = dl.add %3, %5 : tensor<f32>
  return %6 : tensor<f32>
}
func.func @parts(%x: tensor<2x9xf32>) -> tensor<2x9xf32> {
  %g = dl.grad @loss(%x) wrt [0] : (tensor<2x9xf32>) -> tensor<2x9xf32>
  return %g : tensor<2x9xf32>
}
// CHECK-LABEL: func.func @parts
// CHECK: %[[LAST:.*]] = dl.pad %{{.*}} low [0, 1] high [0, 0] : tensor<2x2xf32>
// CHECK: %[[ALL:.*]] = dl.concat %{{.*}}, %{{.*}}, %[[LAST]] axis 1 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
// CHECK: return %[[ALL]]

// -----

// Parts that overlap are added, and so is what reaches the value as a whole.
func.func private @loss(%x: tensor<?x4xf32>) -> tensor<f32> {
  %a = dl.slice %x [0, 0] to [9223372036854775807, 3] : tensor<?x4xf32>
  %b = dl.slice %x [0, 1] to [9223372036854775807, 4] : tensor<?x4xf32>
  %0 = dl.mul %a, %b : tensor<?x3xf32>
  %1 = dl.reduce_sum %0 : tensor<?x3xf32>
  %2 = dl.exp %x : tensor<?x4xf32>
  %3 = dl.reduce_sum %2 : tensor<?x4xf32>
  %4 = dl.add %1, %3 : tensor<f32>
  return %4 : tensor<f32>
}
func.func @overlapping(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %g = dl.grad @loss(%x) wrt [0] : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @overlapping
// CHECK: %[[FIRST:.*]] = dl.pad %{{.*}} low [0, 0] high [0, 1]
// CHECK: %[[SUM:.*]] = dl.add %{{.*}}, %[[FIRST]]
// CHECK: %[[SECOND:.*]] = dl.pad %{{.*}} low [0, 1] high [0, 0]
// CHECK: dl.add %[[SUM]], %[[SECOND]]

// -----

// A slice whose type says less than it could is padded, as its part's end is not known.
func.func private @loss(%x: tensor<?x9xf32>) -> tensor<f32> {
  %a = "dl.slice"(%x) {starts = array<i64: 0, 0>, ends = array<i64: 9223372036854775807, 3>} : (tensor<?x9xf32>) -> tensor<?x?xf32>
  %s = dl.reduce_sum %a : tensor<?x?xf32>
  return %s : tensor<f32>
}
func.func @unknown(%x: tensor<?x9xf32>) -> tensor<?x9xf32> {
  %g = dl.grad @loss(%x) wrt [0] : (tensor<?x9xf32>) -> tensor<?x9xf32>
  return %g : tensor<?x9xf32>
}
// CHECK-LABEL: func.func @unknown
// CHECK: dl.pad %{{.*}} low [0, 0] high [0, 6]
