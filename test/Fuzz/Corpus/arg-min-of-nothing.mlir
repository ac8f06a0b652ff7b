// Nothing is smallest among nothing.
// call: 0x4 -> refused
// call: 1x4 -> computed
func.func @f(%x: tensor<?x4xf32>) -> tensor<4xi64> {
  %r = dl.arg_min %x axis 0 : tensor<?x4xf32>
  return %r : tensor<4xi64>
}
