ml_program.global private @base.w(dense<0.5> : tensor<3x4xf32>) : tensor<3x4xf32>
ml_program.global private @head.w(dense<0.25> : tensor<4x2xf32>) : tensor<4x2xf32>
func.func @predict(%x: tensor<?x3xf32> {dl.name = "x"}) -> tensor<?x2xf32> {
  %w = ml_program.global_load_const @base.w : tensor<3x4xf32>
  %v = ml_program.global_load_const @head.w : tensor<4x2xf32>
  %h = dl.dense %x, %w : tensor<?x3xf32>, tensor<3x4xf32>
  %t = dl.tanh %h : tensor<?x4xf32>
  %d = dl.dropout %t rate 0.25 : tensor<?x4xf32>
  %y = dl.dense %d, %v : tensor<?x4xf32>, tensor<4x2xf32>
  return %y : tensor<?x2xf32>
}
