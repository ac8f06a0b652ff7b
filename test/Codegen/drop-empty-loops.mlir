// RUN: dlc-opt %s -dlc-drop-empty-loops | FileCheck %s

// A sum over nothing is what the sum begins with.
// CHECK-LABEL: func.func @f
// CHECK-NOT: linalg.reduce
// CHECK: return %arg1
func.func @f(%x: tensor<4x0xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.reduce { arith.addf } ins(%x : tensor<4x0xf32>) outs(%start : tensor<4xf32>) dimensions = [1]
  return %y : tensor<4xf32>
}
