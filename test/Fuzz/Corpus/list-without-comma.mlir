// MLIR goes on without the list.
// compile: refused
func.func @f(%t: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %r = linalg.transpose ins(%t : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) permutation = [1 2]
  return %r : tensor<4x8xf32>
}
