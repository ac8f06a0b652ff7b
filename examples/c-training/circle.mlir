// Two classes, outside 0 and inside 1; 32 hidden units. `initialize` draws the weights.
ml_program.global private @w1(dense<0.0> : tensor<2x32xf32>) : tensor<2x32xf32>
ml_program.global private @b1(dense<0.0> : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @w2(dense<0.0> : tensor<32x2xf32>) : tensor<32x2xf32>
ml_program.global private @b2(dense<0.0> : tensor<2xf32>) : tensor<2xf32>

func.func @predict(%x: tensor<?x2xf32> {dl.name = "x"}) -> (tensor<?x2xf32> {dl.name = "y"}) {
  %w1 = ml_program.global_load_const @w1 : tensor<2x32xf32>
  %b1 = ml_program.global_load_const @b1 : tensor<32xf32>
  %w2 = ml_program.global_load_const @w2 : tensor<32x2xf32>
  %b2 = ml_program.global_load_const @b2 : tensor<2xf32>
  %0 = dl.dense %x, %w1, %b1 : tensor<?x2xf32>, tensor<2x32xf32>, tensor<32xf32>
  %1 = dl.relu %0 : tensor<?x32xf32>
  %2 = dl.dense %1, %w2, %b2 : tensor<?x32xf32>, tensor<32x2xf32>, tensor<2xf32>
  %3 = dl.softmax %2 : tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}
