// A value may have the name of a list.
// call: 8x4 -> computed
func.func @f(%t: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %dimensions = tensor.empty() : tensor<4x8xf32>
  %r = linalg.transpose ins(%t : tensor<8x4xf32>) outs(%dimensions : tensor<4x8xf32>) permutation = [1, 0]
  return %r : tensor<4x8xf32>
}
