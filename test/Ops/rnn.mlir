// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random rnn
// RUN: %gradient rnn

func.func @example(%x: tensor<?x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>, %b: tensor<4xf32>) -> tensor<?x2x4xf32> {
  %y, %h = dl.rnn %x, %w, %u bias(%b : tensor<4xf32>) : tensor<?x2x3xf32>, tensor<3x4xf32>, tensor<4x4xf32>
  return %y : tensor<?x2x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.scan states(%[[H:.*]] = %{{.*}} : tensor<2x4xf32>) inputs(%[[X:.*]] = %arg0 : tensor<?x2x3xf32>) {
// CHECK: %[[IN:.*]] = dl.dense %[[X]], %arg1, %arg3
// CHECK: %[[STATE:.*]] = dl.dense %[[H]], %arg2
// CHECK: %[[SUM:.*]] = dl.add %[[IN]], %[[STATE]]
// CHECK: %[[Y:.*]] = dl.tanh %[[SUM]]
// CHECK: dl.yield states(%[[Y]] : tensor<2x4xf32>) outputs(%[[Y]] : tensor<2x4xf32>)

// -----

// Both directions side by side; each with its own weights.
func.func @both(%x: tensor<5x2x3xf32>, %w: tensor<2x3x4xf32>, %u: tensor<2x4x4xf32>) -> (tensor<5x2x8xf32>, tensor<2x2x4xf32>) {
  %y, %h = dl.rnn %x, %w, %u direction bidirectional activations ["relu", "softsign"] : tensor<5x2x3xf32>, tensor<2x3x4xf32>, tensor<2x4x4xf32>
  return %y, %h : tensor<5x2x8xf32>, tensor<2x2x4xf32>
}
// CHECK-LABEL: func.func @both
// CHECK: dl.scan
// CHECK-NOT: reverse
// CHECK: dl.relu
// CHECK: dl.scan
// CHECK-SAME: reverse
// CHECK: dl.softsign
// CHECK: dl.concat %{{.*}}, %{{.*}} axis 2

// -----

func.func @refused(%x: tensor<5x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x8xf32>) {
  // expected-error @below {{recurrent weights have shape 4x8, expected [H, 1 H] for its 1 gate with one known H}}
  %y, %h = dl.rnn %x, %w, %u : tensor<5x2x3xf32>, tensor<3x4xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @refused1(%x: tensor<5x2x3xf32>, %w: tensor<6x4xf32>, %u: tensor<4x4xf32>) {
  // expected-error @below {{weights have shape 6x4, expected 3x4 for an input of shape 5x2x3 and recurrent weights of shape 4x4}}
  %y, %h = dl.rnn %x, %w, %u : tensor<5x2x3xf32>, tensor<6x4xf32>, tensor<4x4xf32>
  return
}

// -----

func.func @refused2(%x: tensor<5x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>) {
  // expected-error @below {{input of shape 5x3, expected [T, B, K]}}
  %y, %h = dl.rnn %x, %w, %u : tensor<5x3xf32>, tensor<3x4xf32>, tensor<4x4xf32>
  return
}

// -----

func.func @refused3(%x: tensor<5x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>, %n: tensor<3xi64>) {
  // expected-error @below {{lengths have shape 3, expected 2 for an input of shape 5x2x3}}
  %y, %h = dl.rnn %x, %w, %u lengths(%n : tensor<3xi64>) : tensor<5x2x3xf32>, tensor<3x4xf32>, tensor<4x4xf32>
  return
}

// -----

func.func @refused4(%x: tensor<5x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>) {
  // expected-error @below {{has activation 'swoosh' at position 0, expected an element-wise op of dl with one operand, affine, scaled_tanh or thresholded_relu}}
  // expected-error @below {{clip is -1.000000e+00, expected a number above 0}}
  %y, %h = dl.rnn %x, %w, %u activations ["swoosh"] clip -1.0 : tensor<5x2x3xf32>, tensor<3x4xf32>, tensor<4x4xf32>
  return
}
