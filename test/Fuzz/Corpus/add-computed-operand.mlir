// An operand that another op computes.
// call: 4 3 -> refused
// call: 4 5 -> refused
// call: 4 4 -> computed
func.func @main(%x: tensor<4xf32>, %y: tensor<?xf32>) -> tensor<4xf32> {
  %e = dl.exp %y : tensor<?xf32>
  %z = dl.add %x, %e : tensor<4xf32>, tensor<?xf32>
  return %z : tensor<4xf32>
}
