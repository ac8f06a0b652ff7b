// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s
// RUN: %random broadcast
// RUN: %gradient broadcast

func.func @example(%x: tensor<3x1xf32>, %n: index) -> tensor<?x3x4xf32> {
  %y = dl.broadcast %x [%n] : tensor<3x1xf32> to tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}
// CHECK: affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func.func @example
// CHECK: tensor.collapse_shape
// CHECK: linalg.generic

// -----

// An unknown extent is 1 or that of the result when it runs.
// CHECK-LABEL: func.func @open
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[X:.*]], %arg1
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %[[X]], %c1
// CHECK: %[[EITHER:.*]] = arith.ori %[[SAME]], %[[ONE]]
// CHECK: codegen.require %[[EITHER]], "{{.*}}: dl.broadcast: dimension 0 of the operand is neither 1 nor as in the result"
// CHECK: linalg.generic
// CHECK: arith.minsi
// CHECK: tensor.extract %arg0
func.func @open(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %y = dl.broadcast %x [%n] : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func @shape(%x: tensor<3xf32>) {
  // expected-error @below {{from 3 to 2x4: aligned at the last dimension, extents must be equal or 1 in the operand}}
  %y = dl.broadcast %x : tensor<3xf32> to tensor<2x4xf32>
  return
}

// -----

func.func @extents(%x: tensor<3xf32>) {
  // expected-error @below {{has 0 extents for the 1 unknown ones of ?x3, expected one for each}}
  %y = dl.broadcast %x : tensor<3xf32> to tensor<?x3xf32>
  return
}
