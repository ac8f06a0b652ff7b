// Reads handwritten digits of 8x8 pixels: two convolutions, pooling and dropout, two
// dense layers. All weights are 0 here; training gives them their values.

ml_program.global private @conv1.w(dense<0.0> : tensor<3x3x1x16xf32>) : tensor<3x3x1x16xf32>
ml_program.global private @conv1.b(dense<0.0> : tensor<16xf32>) : tensor<16xf32>
ml_program.global private @conv2.w(dense<0.0> : tensor<3x3x16x32xf32>) : tensor<3x3x16x32xf32>
ml_program.global private @conv2.b(dense<0.0> : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @dense1.w(dense<0.0> : tensor<512x64xf32>) : tensor<512x64xf32>
ml_program.global private @dense1.b(dense<0.0> : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @dense2.w(dense<0.0> : tensor<64x10xf32>) : tensor<64x10xf32>
ml_program.global private @dense2.b(dense<0.0> : tensor<10xf32>) : tensor<10xf32>
func.func @classify(%x: tensor<?x8x8x1xf32> {dl.name = "image"}) -> (tensor<?x10xf32> {dl.name = "probabilities"}) {
  %w1 = ml_program.global_load_const @conv1.w : tensor<3x3x1x16xf32>
  %b1 = ml_program.global_load_const @conv1.b : tensor<16xf32>
  %w2 = ml_program.global_load_const @conv2.w : tensor<3x3x16x32xf32>
  %b2 = ml_program.global_load_const @conv2.b : tensor<32xf32>
  %w3 = ml_program.global_load_const @dense1.w : tensor<512x64xf32>
  %b3 = ml_program.global_load_const @dense1.b : tensor<64xf32>
  %w4 = ml_program.global_load_const @dense2.w : tensor<64x10xf32>
  %b4 = ml_program.global_load_const @dense2.b : tensor<10xf32>
  %c1 = dl.conv %x, %w1, %b1 padding same : tensor<?x8x8x1xf32>, tensor<3x3x1x16xf32>, tensor<16xf32>
  %r1 = dl.relu %c1 : tensor<?x8x8x16xf32>
  %c2 = dl.conv %r1, %w2, %b2 padding same : tensor<?x8x8x16xf32>, tensor<3x3x16x32xf32>, tensor<32xf32>
  %r2 = dl.relu %c2 : tensor<?x8x8x32xf32>
  %p = dl.max_pool %r2 window [2, 2] strides [2, 2] : tensor<?x8x8x32xf32>
  %d0 = dl.dropout %p rate 0.25 : tensor<?x4x4x32xf32>
  %f = dl.flatten %d0 : tensor<?x4x4x32xf32>
  %h = dl.dense %f, %w3, %b3 : tensor<?x512xf32>, tensor<512x64xf32>, tensor<64xf32>
  %r3 = dl.relu %h : tensor<?x64xf32>
  %d = dl.dropout %r3 rate 0.5 : tensor<?x64xf32>
  %z = dl.dense %d, %w4, %b4 : tensor<?x64xf32>, tensor<64x10xf32>, tensor<10xf32>
  %y = dl.softmax %z : tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
