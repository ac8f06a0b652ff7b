// Eleven steps forward and eleven from the other end.
func.func private @f(%x: tensor<11x2x3xf64>, %w: tensor<3x3xf64>, %h0: tensor<2x3xf64>) -> tensor<f64> {
  %a, %all = dl.scan states(%s = %h0 : tensor<2x3xf64>) inputs(%e = %x : tensor<11x2x3xf64>) {
    %p = dl.dense %s, %w : tensor<2x3xf64>, tensor<3x3xf64>
    %q = dl.add %p, %e : tensor<2x3xf64>, tensor<2x3xf64>
    %t = dl.tanh %q : tensor<2x3xf64>
    %o = dl.sin %q : tensor<2x3xf64>
    dl.yield states(%t : tensor<2x3xf64>) outputs(%o : tensor<2x3xf64>)
  }
  %b, %more = dl.scan states(%s = %a : tensor<2x3xf64>) inputs(%e = %all : tensor<11x2x3xf64>) reverse {
    %p = dl.mul %s, %e : tensor<2x3xf64>, tensor<2x3xf64>
    %t = dl.sigmoid %p : tensor<2x3xf64>
    dl.yield states(%t : tensor<2x3xf64>) outputs(%t : tensor<2x3xf64>)
  }
  %u = dl.reduce_sum %b : tensor<2x3xf64>
  %squares = dl.square %more : tensor<11x2x3xf64>
  %v = dl.reduce_sum %squares : tensor<11x2x3xf64>
  %r = dl.add %u, %v : tensor<f64>, tensor<f64>
  return %r : tensor<f64>
}
func.func @value(%x: tensor<11x2x3xf64>, %w: tensor<3x3xf64>, %h0: tensor<2x3xf64>) -> tensor<f64> {
  %r = call @f(%x, %w, %h0) : (tensor<11x2x3xf64>, tensor<3x3xf64>, tensor<2x3xf64>) -> tensor<f64>
  return %r : tensor<f64>
}
func.func @gradient(%x: tensor<11x2x3xf64>, %w: tensor<3x3xf64>, %h0: tensor<2x3xf64>) -> (tensor<11x2x3xf64>, tensor<3x3xf64>, tensor<2x3xf64>) {
  %g:3 = dl.grad @f(%x, %w, %h0) : (tensor<11x2x3xf64>, tensor<3x3xf64>, tensor<2x3xf64>) -> (tensor<11x2x3xf64>, tensor<3x3xf64>, tensor<2x3xf64>)
  return %g#0, %g#1, %g#2 : tensor<11x2x3xf64>, tensor<3x3xf64>, tensor<2x3xf64>
}
