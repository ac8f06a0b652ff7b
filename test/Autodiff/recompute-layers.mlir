// RUN: not dlc-opt %s -split-input-file -dl-differentiate=memory=100 -canonicalize 2>/dev/null | FileCheck %s
// RUN: not dlc-opt %s -split-input-file -dl-differentiate=memory=128 -canonicalize 2>/dev/null | FileCheck %s --check-prefix=ALL
// RUN: not dlc-opt %s -split-input-file -dl-differentiate=memory=32 2>&1 | FileCheck %s --check-prefix=LEAST

// Four results of 32 bytes that the derivatives read. Where 128 bytes are allowed all are
// kept; within 100 the first two are cut off: the second is what passes on, the first is
// computed again, after the derivatives of the others, of the input as a value of its own.
// ALL-LABEL: func.func @gradient
// ALL-COUNT-4: dl.tanh
// ALL-NOT: dl.barrier
// ALL-NOT: dl.tanh
// LEAST: error: the layers keep 96 bytes at least for their derivatives, expected no more than 32
func.func private @loss(%x: tensor<8xf32>) -> tensor<f32> {
  %a = dl.tanh %x : tensor<8xf32>
  %b = dl.tanh %a : tensor<8xf32>
  %c = dl.tanh %b : tensor<8xf32>
  %d = dl.tanh %c : tensor<8xf32>
  %l = dl.reduce_sum %d : tensor<8xf32>
  return %l : tensor<f32>
}
// CHECK-LABEL: func.func @gradient
// CHECK: %[[A:.*]] = dl.tanh %arg0
// CHECK: %[[B:.*]] = dl.tanh %[[A]]
// CHECK: %[[C:.*]] = dl.tanh %[[B]]
// CHECK: %[[D:.*]] = dl.tanh %[[C]]
// CHECK: dl.mul %[[D]], %[[D]]
// CHECK: dl.mul %[[C]], %[[C]]
// CHECK: dl.mul %[[B]], %[[B]]
// CHECK: %[[OWN:.*]] = dl.barrier %arg0
// CHECK: %[[AGAIN:.*]] = dl.tanh %[[OWN]]
// CHECK: dl.mul %[[AGAIN]], %[[AGAIN]]
func.func @gradient(%x: tensor<8xf32>) -> tensor<8xf32> {
  %g = dl.grad @loss(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %g : tensor<8xf32>
}

// -----

// LEAST: error: layers have unknown extents, expected known ones to keep no more than 32 bytes for the derivatives
func.func private @unknown(%x: tensor<?xf32>) -> tensor<f32> {
  %a = dl.tanh %x : tensor<?xf32>
  %l = dl.reduce_sum %a : tensor<?xf32>
  return %l : tensor<f32>
}
func.func @gradient(%x: tensor<?xf32>) -> tensor<?xf32> {
  %g = dl.grad @unknown(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return %g : tensor<?xf32>
}
