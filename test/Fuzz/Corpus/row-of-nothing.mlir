// A row that a step makes may have no elements.
// call: 4x0 - -> computed
func.func @main(%x: tensor<4x?xf32>, %s: tensor<f32>) -> (tensor<f32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %f, %o = dl.scan states(%a = %s : tensor<f32>) inputs(%r = %x : tensor<4x?xf32>) {
    %v = tensor.extract %r[%c0] : tensor<?xf32>
    %t = tensor.from_elements %v : tensor<f32>
    %n = dl.add %t, %a : tensor<f32>, tensor<f32>
    dl.yield states(%n : tensor<f32>) outputs(%t : tensor<f32>)
  }
  return %f, %o : tensor<f32>, tensor<4xf32>
}
