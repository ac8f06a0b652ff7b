// As places below an operand, of a named op.
// compile: refused
func.func @main(%x: tensor<1x1x1x2xf32>, %w: tensor<4x1xf32>, %y: tensor<1x4x1x2xf32>) -> tensor<1x4x1x2xf32> {
  %r = linalg.pooling_nhwc_max {dilations = dense<[1, 1]> : tensor<2xi64>, strides = dense<[-1, 1]> : tensor<2xi64>} ins(%x, %w : tensor<1x1x1x2xf32>, tensor<4x1xf32>) outs(%y : tensor<1x4x1x2xf32>) -> tensor<1x4x1x2xf32>
  return %r : tensor<1x4x1x2xf32>
}
