// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-differentiate -canonicalize -cse -convert-dl-to-linalg -o %t.null
// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-differentiate -canonicalize -cse | FileCheck %s
// Executed for every op by its own file, see test/EndToEnd/gradients.py.

func.func private @loss(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) -> (tensor<f32>, tensor<2x4xf32>) {
  %y = dl.dense %x, %w : tensor<2x3xf32>, tensor<3x4xf32>
  %t = dl.tanh %y : tensor<2x4xf32>
  %s = dl.reduce_sum %t : tensor<2x4xf32>
  return %s, %t : tensor<f32>, tensor<2x4xf32>
}
func.func @example(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) -> (tensor<f32>, tensor<3x4xf32>) {
  %l, %t, %dw = dl.grad @loss(%x, %w) wrt [1] with_value : (tensor<2x3xf32>, tensor<3x4xf32>) -> (tensor<f32>, tensor<2x4xf32>, tensor<3x4xf32>)
  return %l, %dw : tensor<f32>, tensor<3x4xf32>
}
// The loss is computed once, and only what the gradient by w needs.
// CHECK-LABEL: func.func @example
// CHECK: %[[Y:.*]] = dl.dense %arg0, %arg1
// CHECK: %[[T:.*]] = dl.tanh %[[Y]]
// CHECK: %[[LOSS:.*]] = dl.reduce_sum %[[T]]
// CHECK-NOT: dl.dense
// CHECK: %[[SQUARE:.*]] = dl.mul %[[T]], %[[T]]
// CHECK: %[[SLOPE:.*]] = dl.sub %{{.*}}, %[[SQUARE]]
// CHECK: %[[X:.*]] = dl.transpose %arg0 [1, 0]
// CHECK: %[[DW:.*]] = dl.matmul %[[X]]
// CHECK-NOT: dl.dense
// CHECK: return %[[LOSS]], %[[DW]]

// -----

// Refused: a loss of several numbers.
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @refused(%x: tensor<3xf32>) {
  // expected-error @below {{differentiates @f, whose first result is 'tensor<3xf32>', expected the loss, a float of rank 0 (dl.reduce_mean or dl.reduce_sum makes one), or seeds}}
  %g = dl.grad @f(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

// Refused: integers.
func.func private @f(%x: tensor<f32>, %n: tensor<3xi64>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @refused(%x: tensor<f32>, %n: tensor<3xi64>) {
  // expected-error @below {{asks for the gradient by argument 1 of type 'tensor<3xi64>', expected floats: integers have none}}
  %g = dl.grad @f(%x, %n) wrt [1] : (tensor<f32>, tensor<3xi64>) -> tensor<3xi64>
  return
}

// -----

// Refused: names.
func.func private @losses(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @refused(%x: tensor<f32>) {
  // expected-error @below {{differentiates @loses, expected the name of a function; did you mean @losses?}}
  %g = dl.grad @loses(%x) : (tensor<f32>) -> tensor<f32>
  return
}

// -----

// Refused: parameters.
ml_program.global private @weights(dense<0.0> : tensor<3xf32>) : tensor<3xf32>
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @refused(%x: tensor<f32>) {
  // expected-error @below {{asks for the gradient by @weihgts, expected the name of an ml_program.global; did you mean @weights?}}
  %g = dl.grad @f(%x) parameters [@weihgts] : (tensor<f32>) -> tensor<3xf32>
  return
}

// -----

// Refused: no rule: the way to the loss.
func.func private @f(%x: tensor<4xf32>) -> tensor<f32> {
  // expected-error @below {{'tensor.concat' op has no derivative}}
  %y = tensor.concat dim(0) %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  // expected-note @below {{its result reaches the loss through 'dl.relu'}}
  %z = dl.relu %y : tensor<8xf32>
  // expected-note @below {{its result reaches the loss through 'dl.reduce_sum'}}
  %s = dl.reduce_sum %z : tensor<8xf32>
  return %s : tensor<f32>
}
func.func @refused(%x: tensor<4xf32>) -> tensor<4xf32> {
  %g = dl.grad @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// Refused: the largest sample of a region, and the place of a region.
func.func private @f(%x: tensor<1x4x4x2xf32>, %r: tensor<1x4xf32>, %i: tensor<1xi64>) -> tensor<f32> {
  // expected-error @below {{has no derivative by its regions, expected them to depend on nothing that is differentiated}}
  %y = dl.roi_align %x, %r, %i size [2, 2] : tensor<1x4x4x2xf32>, tensor<1x4xf32>, tensor<1xi64>
  // expected-error @below {{of the largest sample has no derivative, expected their average}}
  %z = dl.roi_align %x, %r, %i size [2, 2] kind max : tensor<1x4x4x2xf32>, tensor<1x4xf32>, tensor<1xi64>
  %sum = dl.add %y, %z : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
  %s = dl.reduce_sum %sum : tensor<1x2x2x2xf32>
  return %s : tensor<f32>
}
func.func @refused(%x: tensor<1x4x4x2xf32>, %r: tensor<1x4xf32>, %i: tensor<1xi64>) -> (tensor<1x4x4x2xf32>, tensor<1x4xf32>) {
  %g:2 = dl.grad @f(%x, %r, %i) wrt [0, 1] : (tensor<1x4x4x2xf32>, tensor<1x4xf32>, tensor<1xi64>) -> (tensor<1x4x4x2xf32>, tensor<1x4xf32>)
  return %g#0, %g#1 : tensor<1x4x4x2xf32>, tensor<1x4xf32>
}

// -----

// Refused: recursion.
// expected-error @below {{function 'f' takes part in its own derivative}}
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %g = dl.grad @f(%x) : (tensor<f32>) -> tensor<f32>
  return %g : tensor<f32>
}
