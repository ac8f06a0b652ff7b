func.func @f(%x: tensor<4xf32>) -> tensor<7xf32> {
  %0 = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    tensor.yield %f : f32
  } : tensor<4xf32> to tensor<7xf32>
  return %0 : tensor<7xf32>
}
