// An operand that is no tensor.
// compile: refused
func.func @f(%a: tensor<4xf32>, %b: f32) -> tensor<4xi1> {
  %y = dl.greater %a, %b : tensor<4xf32>, f32
  return %y : tensor<4xi1>
}
