func.func @find(%x: tensor<5xi1>) -> tensor<1x?xi64> {
  %y = dl.nonzero %x : tensor<5xi1>
  return %y : tensor<1x?xi64>
}

func.func @most(%x: tensor<4xf32>, %k: tensor<i64>) -> (tensor<?xf32>, tensor<?xi64>) {
  %0 = tensor.extract %k[] : tensor<i64>
  %1 = arith.index_cast %0 : i64 to index
  %v, %i = dl.top_k %x, %1 : tensor<4xf32> to tensor<?xf32>, tensor<?xi64>
  return %v, %i : tensor<?xf32>, tensor<?xi64>
}
