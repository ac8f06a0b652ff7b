// Accuracy of no classes.
// compile: refused
func.func @f(%x: tensor<1x0xf64>, %t: tensor<1xi64>) -> tensor<f64> {
  %r = dl.accuracy %x, %t : tensor<1x0xf64>, tensor<1xi64>
  return %r : tensor<f64>
}
