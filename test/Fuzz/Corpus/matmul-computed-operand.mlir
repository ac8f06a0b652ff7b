// The same of a product.
// call: 4x4 3x4 -> refused
// call: 4x4 5x4 -> refused
// call: 4x4 4x4 -> computed
func.func @main(%x: tensor<4x4xf32>, %y: tensor<?x4xf32>) -> tensor<4x4xf32> {
  %e = dl.exp %y : tensor<?x4xf32>
  %z = dl.matmul %x, %e : tensor<4x4xf32>, tensor<?x4xf32>
  return %z : tensor<4x4xf32>
}
