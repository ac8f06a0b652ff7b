// Grows until its sum of squares is above 8, within 20 steps.
func.func private @f(%x: tensor<4xf64>, %w: tensor<4xf64>) -> tensor<f64> {
  %limit = arith.constant dense<8.0> : tensor<f64>
  %n = arith.constant 20 : index
  %h, %all, %count = dl.scan states(%s = %x : tensor<4xf64>) steps(%n) {
    %a = dl.sin %w : tensor<4xf64>
    %b = dl.square %a : tensor<4xf64>
    %c = dl.mul %b, %s : tensor<4xf64>, tensor<4xf64>
    %next = dl.add %s, %c : tensor<4xf64>, tensor<4xf64>
    %q = dl.square %next : tensor<4xf64>
    %size = dl.reduce_sum %q : tensor<4xf64>
    %stop = dl.greater %size, %limit : tensor<f64>, tensor<f64>
    dl.yield states(%next : tensor<4xf64>) outputs(%q : tensor<4xf64>) until(%stop : tensor<i1>)
  }
  %t = dl.tanh %h : tensor<4xf64>
  %u = dl.reduce_sum %t : tensor<4xf64>
  %v = dl.reduce_sum %all : tensor<20x4xf64>
  %r = dl.add %u, %v : tensor<f64>, tensor<f64>
  return %r : tensor<f64>
}
func.func @value(%x: tensor<4xf64>, %w: tensor<4xf64>) -> tensor<f64> {
  %r = call @f(%x, %w) : (tensor<4xf64>, tensor<4xf64>) -> tensor<f64>
  return %r : tensor<f64>
}
func.func @gradient(%x: tensor<4xf64>, %w: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>) {
  %g:2 = dl.grad @f(%x, %w) : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %g#0, %g#1 : tensor<4xf64>, tensor<4xf64>
}
