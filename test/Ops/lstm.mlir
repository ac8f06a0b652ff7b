// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random lstm
// RUN: %gradient lstm

func.func @example(%x: tensor<?x?x3xf32>, %w: tensor<3x16xf32>, %u: tensor<4x16xf32>) -> (tensor<?x?x4xf32>, tensor<?x4xf32>) {
  %y, %h, %c = dl.lstm %x, %w, %u batch_first : tensor<?x?x3xf32>, tensor<3x16xf32>, tensor<4x16xf32>
  return %y, %c : tensor<?x?x4xf32>, tensor<?x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.scan states(%[[H:.*]] = %{{.*}} : tensor<?x4xf32>, %[[C:.*]] = %{{.*}} : tensor<?x4xf32>) inputs(%[[X:.*]] = %arg0 : tensor<?x?x3xf32>) axis 1 {
// CHECK: %[[SUMS:.*]] = dl.add
// CHECK: %[[FORGET:.*]] = dl.slice %[[SUMS]] [0, 4] to
// CHECK: %[[F:.*]] = dl.sigmoid %[[FORGET]]
// CHECK: dl.mul %[[F]], %[[C]]
// CHECK: %[[O:.*]] = dl.slice %[[SUMS]] [0, 12] to
// CHECK: dl.sigmoid %[[O]]
// CHECK: dl.tanh

// -----

func.func @refused(%x: tensor<5x2x3xf32>, %w: tensor<3x12xf32>, %u: tensor<4x12xf32>) {
  // expected-error @below {{recurrent weights have shape 4x12, expected [H, 4 H] for its 4 gates with one known H}}
  %y, %h, %c = dl.lstm %x, %w, %u : tensor<5x2x3xf32>, tensor<3x12xf32>, tensor<4x12xf32>
  return
}

// -----

func.func @refused1(%x: tensor<5x2x3xf32>, %w: tensor<3x16xf32>, %u: tensor<4x16xf32>, %c0: tensor<4x2xf32>) {
  // expected-error @below {{initial cells have shape 4x2, expected 2x4 for 4 hidden units}}
  %y, %h, %c = dl.lstm %x, %w, %u cell(%c0 : tensor<4x2xf32>) : tensor<5x2x3xf32>, tensor<3x16xf32>, tensor<4x16xf32>
  return
}

// -----

func.func @refused2(%x: tensor<5x2x3xf32>, %w: tensor<3x16xf32>, %u: tensor<4x16xf32>, %p: tensor<4xf32>) {
  // expected-error @below {{peephole weights have shape 4, expected 12 for 4 hidden units}}
  %y, %h, %c = dl.lstm %x, %w, %u peephole(%p : tensor<4xf32>) : tensor<5x2x3xf32>, tensor<3x16xf32>, tensor<4x16xf32>
  return
}

// -----

func.func @refused3(%x: tensor<5x2x3xf32>, %w: tensor<3x16xf32>, %u: tensor<4x16xf32>) {
  // expected-error @below {{has 2 activations, expected 3}}
  %y, %h, %c = dl.lstm %x, %w, %u activations ["tanh", "tanh"] : tensor<5x2x3xf32>, tensor<3x16xf32>, tensor<4x16xf32>
  return
}
