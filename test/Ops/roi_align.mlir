// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random roi_align
// RUN: %gradient roi_align

func.func @example(%x: tensor<1x8x8x3xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) -> tensor<5x2x2x3xf32> {
  %y = dl.roi_align %x, %r, %i size [2, 2] sampling_ratio 2 half_pixel
     : tensor<1x8x8x3xf32>, tensor<5x4xf32>, tensor<5xi64>
  return %y : tensor<5x2x2x3xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK:   scf.for
// CHECK:     scf.for

// -----

func.func @refused(%x: tensor<1x8x8x3xf32>, %r: tensor<5x4xf32>, %i: tensor<6xi64>) {
  // expected-error @below {{x, rois and images have shapes 1x8x8x3, 5x4 and 6, expected [N, H, W, C], [R, 4] and [R]}}
  %y = dl.roi_align %x, %r, %i size [2, 2] : tensor<1x8x8x3xf32>, tensor<5x4xf32>, tensor<6xi64>
  return
}
