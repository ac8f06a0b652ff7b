// Lists in the generic form.
// call: 8x4 -> computed
func.func @f(%t: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %r = "linalg.transpose"(%t, %e) <{permutation = array<i64: 1, 0>}> ({
    ^bb0(%a: f32, %b: f32):
      "linalg.yield"(%a) : (f32) -> ()
  }) : (tensor<8x4xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}
