// Branches without ops become a selection of one tensor.
// call: 5 3 - -> computed
func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>, %p: tensor<i1> {dl.name = "p"}) -> tensor<?xf32> {
  %c = tensor.extract %p[] : tensor<i1>
  %r = scf.if %c -> (tensor<?xf32>) {
    scf.yield %x : tensor<?xf32>
  } else {
    scf.yield %y : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
