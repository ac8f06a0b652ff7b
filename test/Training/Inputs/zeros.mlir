ml_program.global private @w1(dense<0.0> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @b1(dense<0.0> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @scale(dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @w2(dense<0.0> : tensor<4x1xf32>) : tensor<4x1xf32>
ml_program.global private @b2(dense<0.0> : tensor<1xf32>) : tensor<1xf32>

func.func @predict(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w1 = ml_program.global_load_const @w1 : tensor<2x4xf32>
  %b1 = ml_program.global_load_const @b1 : tensor<4xf32>
  %scale = ml_program.global_load_const @scale : tensor<4xf32>
  %w2 = ml_program.global_load_const @w2 : tensor<4x1xf32>
  %b2 = ml_program.global_load_const @b2 : tensor<1xf32>
  %0 = dl.dense %x, %w1, %b1 : tensor<3x2xf32>, tensor<2x4xf32>, tensor<4xf32>
  %1 = dl.tanh %0 : tensor<3x4xf32>
  %2 = dl.mul %1, %scale : tensor<3x4xf32>, tensor<4xf32>
  %3 = dl.dense %2, %w2, %b2 : tensor<3x4xf32>, tensor<4x1xf32>, tensor<1xf32>
  return %3 : tensor<3x1xf32>
}
