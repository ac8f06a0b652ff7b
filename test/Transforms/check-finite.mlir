// RUN: dlc-opt %s -dl-check-finite | FileCheck %s

// After every op that gives floats, in order; its readers take the checked value.
// CHECK-LABEL: func.func @f
// CHECK: %[[LOG:.*]] = dl.log %arg0
// CHECK-NEXT: %[[CHECKED:.*]] = dl.require_finite "dl.log at check-finite.mlir:[[# @LINE + 4]]:8" %[[LOG]]
// CHECK-NEXT: dl.cast %[[CHECKED]]
// CHECK-NOT: dl.require_finite
func.func @f(%x: tensor<4xf32>) -> tensor<4xi32> {
  %y = dl.log %x : tensor<4xf32>
  %z = dl.cast %y to i32 : tensor<4xf32>
  return %z : tensor<4xi32>
}
