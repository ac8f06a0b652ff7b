// A product with constants and the bias after it count as a dense layer does.
// RUN: dlc %s --report -O0 -o %t.so | FileCheck %s
// CHECK: total {{ *}}56 {{ *}}48
func.func @f(%x: tensor<1x6xf32>) -> tensor<1x8xf32> {
  %w = arith.constant dense<[[-0.73, 0.69, 0.53, -0.49, -0.01, -0.10, 0.30, 0.58], [-0.81, -0.94, 0.67, -0.13, 0.52, -1.00, -0.11, 0.44], [-0.54, 0.89, 0.80, -0.94, -0.95, 0.08, 0.88, -0.24], [-0.57, -0.16, -0.94, -0.56, -0.12, -0.01, -0.53, -0.54], [-0.56, -0.08, -0.42, -0.96, 0.68, 0.11, 0.28, -0.63], [0.99, 0.72, -0.76, -0.33, 0.44, 0.42, 0.87, -0.16]]> : tensor<6x8xf32>
  %b = arith.constant dense<[1., 2., 3., 4., 5., 6., 7., 8.]> : tensor<8xf32>
  %y = dl.matmul %x, %w : tensor<1x6xf32>, tensor<6x8xf32>
  %z = dl.add %y, %b : tensor<1x8xf32>, tensor<8xf32>
  return %z : tensor<1x8xf32>
}
