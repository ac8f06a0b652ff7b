func.func @relu(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = dl.relu %x : tensor<2xf32>
  return %y : tensor<2xf32>
}
