// The place of an element follows from an input's value.
// call: 4 =1.5 -> computed
// call: 4 =3.0 -> computed
// call: 4 =4.0 -> refused
// call: 4 =-1.0 -> refused
// call: 4 =1e9 -> refused
// call: 0 =0.0 -> refused
func.func @main(%x: tensor<?xf32>, %at: tensor<f32>) -> tensor<1xf32> {
  %v = tensor.extract %at[] : tensor<f32>
  %i = arith.fptosi %v : f32 to i64
  %j = arith.index_cast %i : i64 to index
  %e = tensor.extract %x[%j] : tensor<?xf32>
  %y = tensor.from_elements %e : tensor<1xf32>
  return %y : tensor<1xf32>
}
