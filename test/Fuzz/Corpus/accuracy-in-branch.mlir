// In a branch checks run first as well.
// call: 19x33 19x34 - -> refused
// call: 19x33 19x33 - -> computed
func.func @c0(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>, %flag: tensor<i1>) -> tensor<f32> {
  %0 = dl.neg %a0 : tensor<?x?xf32>
  %c = tensor.extract %flag[] : tensor<i1>
  %r = scf.if %c -> (tensor<f32>) {
  %s = dl.accuracy %0, %a1 : tensor<?x?xf32>, tensor<?x?xf32>
  scf.yield %s : tensor<f32>
  } else {
  %t = dl.accuracy %0, %a1 : tensor<?x?xf32>, tensor<?x?xf32>
  scf.yield %t : tensor<f32>
  }
  return %r : tensor<f32>
}
