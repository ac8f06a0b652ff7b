// A pooling whose windows do not overlap takes the product that it reads inside, one row of windows
// at a time, where the product's result would leave the second level cache: no such tensor is left.
// RUN: dlc-opt %s --split-input-file --pass-pipeline='builtin.module(dlc-simplify-pipeline,dlc-linalg-pipeline,func.func(dlc-form-nests,dlc-choose-schedules,dlc-tile-and-fuse),canonicalize)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-NOT: tensor.empty() : tensor<1x64x64x32xf32>
// CHECK: scf.forall
// CHECK: scf.for
// CHECK: tensor<1x2x64x32xf32>
// CHECK: arith.mulf
// CHECK: arith.maximumf
// CHECK: arith.maximumf
// CHECK: scf.forall.in_parallel
func.func @f(%x: tensor<1x66x66x16xf32>) -> tensor<1x32x32x32xf32> {
  %w = arith.constant dense<0.5> : tensor<3x3x16x32xf32>
  %0 = dl.conv %x, %w : tensor<1x66x66x16xf32>, tensor<3x3x16x32xf32>
  %1 = dl.relu %0 : tensor<1x64x64x32xf32>
  %2 = dl.max_pool %1 window [2, 2] strides [2, 2] : tensor<1x64x64x32xf32>
  return %2 : tensor<1x32x32x32xf32>
}

// -----

// Rows of windows that overlap would be computed twice.
// CHECK-LABEL: func.func @overlapping
// CHECK: tensor.empty() : tensor<1x64x64x32xf32>
func.func @overlapping(%x: tensor<1x66x66x16xf32>) -> tensor<1x31x31x32xf32> {
  %w = arith.constant dense<0.5> : tensor<3x3x16x32xf32>
  %0 = dl.conv %x, %w : tensor<1x66x66x16xf32>, tensor<3x3x16x32xf32>
  %1 = dl.relu %0 : tensor<1x64x64x32xf32>
  %2 = dl.max_pool %1 window [3, 3] strides [2, 2] : tensor<1x64x64x32xf32>
  return %2 : tensor<1x31x31x32xf32>
}

// -----

// All weights would pass through the cache for each row.
// CHECK-LABEL: func.func @heavy
// CHECK: tensor.empty() : tensor<1x32x32x128xf32>
func.func @heavy(%x: tensor<1x34x34x128xf32>) -> tensor<1x16x16x128xf32> {
  %w = arith.constant dense<0.5> : tensor<3x3x128x128xf32>
  %0 = dl.conv %x, %w : tensor<1x34x34x128xf32>, tensor<3x3x128x128xf32>
  %1 = dl.relu %0 : tensor<1x32x32x128xf32>
  %2 = dl.max_pool %1 window [2, 2] strides [2, 2] : tensor<1x32x32x128xf32>
  return %2 : tensor<1x16x16x128xf32>
}
