// A named op remembers its maps in an attribute.
// call: 1x9x9x2 3x3x2x3 1x3x3x3 -> computed
// call: 1x9x9x2 3x3x2x3 1x4x3x3 -> refused
func.func @main(%x: tensor<1x?x?x2xf32>, %w: tensor<?x?x2x3xf32>, %y: tensor<?x?x?x3xf32>) -> tensor<?x?x?x3xf32> {
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<[2, 3]> : tensor<2xi64>, strides = dense<[2, 1]> : tensor<2xi64>} ins(%x, %w : tensor<1x?x?x2xf32>, tensor<?x?x2x3xf32>) outs(%y : tensor<?x?x?x3xf32>) -> tensor<?x?x?x3xf32>
  return %r : tensor<?x?x?x3xf32>
}
