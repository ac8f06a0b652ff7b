// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random reshape
// RUN: %gradient reshape

func.func @example(%x: tensor<?x4xf32>) -> tensor<?x2x2xf32> {
  %y = dl.reshape %x : tensor<?x4xf32> to tensor<?x2x2xf32>
  return %y : tensor<?x2x2xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: codegen.require
// CHECK: tensor.expand_shape

// -----

// What a size turns out to be stands in the type as well.
// CHECK-LABEL: func.func @known
// CHECK: tensor.expand_shape {{.*}} output_shape [1, 3, 33] : tensor<99xf32> into tensor<1x3x33xf32>
func.func @known(%x: tensor<3x33xf32>) -> tensor<1x?x33xf32> {
  %c = tensor.cast %x : tensor<3x33xf32> to tensor<?x33xf32>
  %y = dl.reshape %c : tensor<?x33xf32> to tensor<1x?x33xf32>
  return %y : tensor<1x?x33xf32>
}

// -----

// One element is checked before it is taken.
// CHECK-LABEL: func.func @scalar
// CHECK: codegen.require {{.*}}the number of elements does not fit the new shape
// CHECK: %[[ONE:.*]] = tensor.cast %{{.*}} : tensor<?xf32> to tensor<1xf32>
// CHECK: tensor.collapse_shape %[[ONE]] [] : tensor<1xf32> into tensor<f32>
func.func @scalar(%x: tensor<?xf32>) -> tensor<f32> {
  %y = dl.reshape %x : tensor<?xf32> to tensor<f32>
  return %y : tensor<f32>
}

// -----

// Three elements a row are never one in all, which the call says.
// CHECK-LABEL: func.func @rows
// CHECK: codegen.require
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<?x3xf32> into tensor<?xf32>
// CHECK: tensor.collapse_shape %{{.*}} [] : tensor<1xf32> into tensor<f32>
func.func @rows(%x: tensor<?x3xf32>) -> tensor<f32> {
  %y = dl.reshape %x : tensor<?x3xf32> to tensor<f32>
  return %y : tensor<f32>
}

// -----

// CHECK-LABEL: func.func @none
// CHECK: codegen.require
// CHECK: tensor.empty() : tensor<f32>
func.func @none(%x: tensor<?x0xf32>) -> tensor<f32> {
  %y = dl.reshape %x : tensor<?x0xf32> to tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @refused(%x: tensor<2x3xf32>) {
  // expected-error @below {{from 2x3 (6 elements) to 4x2 (8 elements), expected equal counts}}
  %y = dl.reshape %x : tensor<2x3xf32> to tensor<4x2xf32>
  return
}

// -----

func.func @refused1(%x: tensor<2x3xf32>) {
  // expected-error @below {{to ?x? has more than one unknown extent, expected at most one}}
  %y = dl.reshape %x : tensor<2x3xf32> to tensor<?x?xf32>
  return
}
