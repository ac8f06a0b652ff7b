// A dense layer of a batch: 64 rows of 256 numbers become 64 of 96.
func.func @layer(%x: tensor<64x256xf32>, %w: tensor<256x96xf32>) -> tensor<64x96xf32> {
  %y = dl.matmul %x, %w : tensor<64x256xf32>, tensor<256x96xf32>
  %z = dl.relu %y : tensor<64x96xf32>
  return %z : tensor<64x96xf32>
}
