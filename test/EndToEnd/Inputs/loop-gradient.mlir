// The number of the step is read, the inner loop takes steps of two, the weights come
// from outside.
func.func private @f(%x: tensor<2x3xf64>, %w: tensor<3x3xf64>) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %h = scf.for %i = %c0 to %c5 step %c1 iter_args(%s = %x) -> tensor<2x3xf64> {
    %p = dl.dense %s, %w : tensor<2x3xf64>, tensor<3x3xf64>
    %n = arith.index_cast %i : index to i64
    %t = tensor.from_elements %n : tensor<i64>
    %k = dl.cast %t to f64 : tensor<i64>
    %d = dl.sin %k : tensor<f64>
    %q = dl.add %p, %d : tensor<2x3xf64>, tensor<f64>
    %a = dl.tanh %q : tensor<2x3xf64>
    %b = scf.for %j = %c1 to %c5 step %c2 iter_args(%u = %a) -> tensor<2x3xf64> {
      %v = dl.sin %u : tensor<2x3xf64>
      scf.yield %v : tensor<2x3xf64>
    }
    scf.yield %b : tensor<2x3xf64>
  }
  %r = dl.reduce_sum %h : tensor<2x3xf64>
  return %r : tensor<f64>
}
func.func @value(%x: tensor<2x3xf64>, %w: tensor<3x3xf64>) -> tensor<f64> {
  %r = call @f(%x, %w) : (tensor<2x3xf64>, tensor<3x3xf64>) -> tensor<f64>
  return %r : tensor<f64>
}
func.func @gradient(%x: tensor<2x3xf64>, %w: tensor<3x3xf64>) -> (tensor<2x3xf64>, tensor<3x3xf64>) {
  %g:2 = dl.grad @f(%x, %w) : (tensor<2x3xf64>, tensor<3x3xf64>) -> (tensor<2x3xf64>, tensor<3x3xf64>)
  return %g#0, %g#1 : tensor<2x3xf64>, tensor<3x3xf64>
}
