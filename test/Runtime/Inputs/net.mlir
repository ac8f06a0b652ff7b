// y = relu(x W + b), with weights in the library.
func.func @net(%x: tensor<?x2xf32> {dl.name = "x"}) -> (tensor<?x2xf32> {dl.name = "y"}) {
  %w = arith.constant dense<[[1.0, 1.0], [-1.0, 1.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[2.0, 0.0]> : tensor<2xf32>
  %z = dl.dense %x, %w, %b : tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>
  %y = dl.relu %z : tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
