// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-decompose | FileCheck %s
// RUN: %random gru
// RUN: %gradient gru

// The candidate's product waits for the reset gate, that of the two gates does not.
func.func @example(%x: tensor<5x2x3xf32>, %w: tensor<3x12xf32>, %u: tensor<4x12xf32>) -> tensor<2x4xf32> {
  %y, %h = dl.gru %x, %w, %u : tensor<5x2x3xf32>, tensor<3x12xf32>, tensor<4x12xf32>
  return %h : tensor<2x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: dl.scan states(%[[H:.*]] = %{{.*}} : tensor<2x4xf32>)
// CHECK: dl.dense %[[H]], %{{.*}} : tensor<2x4xf32>, tensor<4x8xf32>
// CHECK: %[[R:.*]] = dl.mul %{{.*}}, %[[H]]
// CHECK: dl.dense %[[R]], %{{.*}} : tensor<2x4xf32>, tensor<4x4xf32>

// -----

// One product where the reset comes after it.
func.func @after(%x: tensor<5x2x3xf32>, %w: tensor<3x12xf32>, %u: tensor<4x12xf32>) -> tensor<2x4xf32> {
  %y, %h = dl.gru %x, %w, %u linear_before_reset : tensor<5x2x3xf32>, tensor<3x12xf32>, tensor<4x12xf32>
  return %h : tensor<2x4xf32>
}
// CHECK-LABEL: func.func @after
// CHECK: dl.dense %{{.*}}, %arg2 : tensor<2x4xf32>, tensor<4x12xf32>
// CHECK-NOT: dl.dense
// CHECK: dl.yield

// -----

func.func @refused(%x: tensor<5x2x3xf32>, %w: tensor<3x12xf32>, %u: tensor<4x12xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{recurrent biases have shape 4, expected 12 for 4 hidden units}}
  %y, %h = dl.gru %x, %w, %u recurrent_bias(%b : tensor<4xf32>) : tensor<5x2x3xf32>, tensor<3x12xf32>, tensor<4x12xf32>
  return
}

// -----

func.func @refused1(%x: tensor<5x2x3xf32>, %w: tensor<3x12xf32>, %u: tensor<4x12xf64>) {
  // expected-error @below {{operand of type 'tensor<4x12xf64>', expected element type 'f32' as the input's}}
  %y, %h = dl.gru %x, %w, %u : tensor<5x2x3xf32>, tensor<3x12xf32>, tensor<4x12xf64>
  return
}
