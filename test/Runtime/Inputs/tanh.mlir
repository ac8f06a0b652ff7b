func.func @tanh(%x: tensor<262144xf32>) -> tensor<262144xf32> {
  %y = dl.tanh %x : tensor<262144xf32>
  return %y : tensor<262144xf32>
}
