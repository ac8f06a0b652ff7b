// RUN: dlc-opt %s -dl-name-parameters | FileCheck %s

// A named constant becomes a global; others stay.
// CHECK: ml_program.global private @fc.weight(dense<{{.*}}> : tensor<2x3xf32>)
// CHECK-LABEL: func.func @main
// CHECK: ml_program.global_load_const @fc.weight : tensor<2x3xf32>
// CHECK: arith.constant dense<1.0
func.func @main(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = arith.constant {dl.parameter = "fc.weight"} dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %one = arith.constant dense<1.0> : tensor<4x3xf32>
  %t = dl.transpose %w [1, 0] : tensor<2x3xf32>
  %s = dl.add %x, %one : tensor<4x3xf32>, tensor<4x3xf32>
  %y = dl.dense %x, %t : tensor<4x3xf32>, tensor<3x2xf32>
  return %y : tensor<4x2xf32>
}
