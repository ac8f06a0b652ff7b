// An O or an X: how well the ink covers each letter, as probabilities.
ml_program.global private @templates(dense<[
  [-1.0,  1.0], [ 1.0, -1.0], [ 1.0, -1.0], [ 1.0, -1.0], [-1.0,  1.0],
  [ 1.0, -1.0], [-1.0,  1.0], [-1.0, -1.0], [-1.0,  1.0], [ 1.0, -1.0],
  [ 1.0, -1.0], [-1.0, -1.0], [-1.0,  1.0], [-1.0, -1.0], [ 1.0, -1.0],
  [ 1.0, -1.0], [-1.0,  1.0], [-1.0, -1.0], [-1.0,  1.0], [ 1.0, -1.0],
  [-1.0,  1.0], [ 1.0, -1.0], [ 1.0, -1.0], [ 1.0, -1.0], [-1.0,  1.0]
]> : tensor<25x2xf32>) : tensor<25x2xf32>

func.func @classify(%images: tensor<?x25xf32> {dl.name = "images"})
    -> (tensor<?x2xf32> {dl.name = "probabilities"}) {
  %templates = ml_program.global_load_const @templates : tensor<25x2xf32>
  %scale = arith.constant dense<0.2> : tensor<f32>
  %0 = dl.dense %images, %templates : tensor<?x25xf32>, tensor<25x2xf32>
  %1 = dl.mul %0, %scale : tensor<?x2xf32>, tensor<f32>
  %2 = dl.softmax %1 : tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}
