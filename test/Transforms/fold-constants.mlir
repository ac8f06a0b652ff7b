// RUN: dlc %s --emit=dl | FileCheck %s
// RUN: dlc-opt %s -dl-fold-constants | FileCheck %s

// Evaluated by the compiler itself while compiling.
// CHECK-LABEL: func.func @f
func.func @f(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  // CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00{{\]\]}}>
  // CHECK-NOT: dl.transpose
  // CHECK: dl.dense %arg0, %[[W]]
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %t = dl.transpose %w [1, 0] : tensor<2x3xf32>
  %y = dl.dense %x, %t : tensor<1x3xf32>, tensor<3x2xf32>
  return %y : tensor<1x2xf32>
}

// A large result that replaces nothing is computed at run time.
// CHECK-LABEL: func.func @large
func.func @large() -> tensor<1024x1024xf32> {
  // CHECK: dl.add
  %a = arith.constant dense<1.0> : tensor<1024x1xf32>
  %b = arith.constant dense<2.0> : tensor<1x1024xf32>
  %y = dl.add %a, %b : tensor<1024x1xf32>, tensor<1x1024xf32>
  return %y : tensor<1024x1024xf32>
}
