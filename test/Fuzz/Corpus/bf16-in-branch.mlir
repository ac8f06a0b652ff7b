// bf16 through a branch.
// call: - -> 39x40
func.func @c0(%flag: tensor<i1>) -> tensor<39x40xbf16> {
  %c = tensor.extract %flag[] : tensor<i1>
  %r = scf.if %c -> (tensor<39x40xbf16>) {
  %s = dl.iota axis 1 : tensor<39x40xbf16>
  scf.yield %s : tensor<39x40xbf16>
  } else {
  %t = dl.iota axis 1 : tensor<39x40xbf16>
  scf.yield %t : tensor<39x40xbf16>
  }
  return %r : tensor<39x40xbf16>
}
