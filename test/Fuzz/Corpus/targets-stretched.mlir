// A loss compares shapes where its terms would stretch an extent of 1.
// call: 7x5 7x1 - -> refused
// call: 7x0 7x1 - -> refused
// call: 7x1 7x1 - -> computed
func.func @c0(%a0: tensor<?x?xf64>, %a1: tensor<7x1xf64>, %z0: tensor<f64>) -> tensor<f64> {
  %0 = dl.neg %a0 : tensor<?x?xf64>
  %1 = dl.neg %a1 : tensor<7x1xf64>
  %from = arith.constant 0 : index
  %by = arith.constant 1 : index
  %to = arith.constant 2 : index
  %r = scf.for %step = %from to %to step %by iter_args(%y0 = %z0) -> (tensor<f64>) {
  %s = dl.binary_cross_entropy %0, %1 : tensor<?x?xf64>, tensor<7x1xf64>
  scf.yield %s : tensor<f64>
  }
  return %r : tensor<f64>
}
