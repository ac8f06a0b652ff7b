func.func private @f(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<f64> {
  %zero = arith.constant dense<0.0> : tensor<f64>
  %product = dl.mul %x, %y : tensor<3xf64>, tensor<3xf64>
  %sum = dl.reduce_sum %product : tensor<3xf64>
  %flag = dl.greater %sum, %zero : tensor<f64>, tensor<f64>
  %isAbove = tensor.extract %flag[] : tensor<i1>
  %r = scf.if %isAbove -> tensor<3xf64> {
    %a = dl.sin %product : tensor<3xf64>
    scf.yield %a : tensor<3xf64>
  } else {
    %a = dl.exp %y : tensor<3xf64>
    %b = dl.mul %a, %x : tensor<3xf64>, tensor<3xf64>
    scf.yield %b : tensor<3xf64>
  }
  %s = dl.square %r : tensor<3xf64>
  %l = dl.reduce_sum %s : tensor<3xf64>
  return %l : tensor<f64>
}
// Once as it is and once with the other branch.
func.func private @both(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<f64> {
  %a = call @f(%x, %y) : (tensor<3xf64>, tensor<3xf64>) -> tensor<f64>
  %n = dl.neg %x : tensor<3xf64>
  %b = call @f(%n, %y) : (tensor<3xf64>, tensor<3xf64>) -> tensor<f64>
  %r = dl.add %a, %b : tensor<f64>, tensor<f64>
  return %r : tensor<f64>
}
func.func @value(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<f64> {
  %r = call @both(%x, %y) : (tensor<3xf64>, tensor<3xf64>) -> tensor<f64>
  return %r : tensor<f64>
}
func.func @gradient(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %g:2 = dl.grad @both(%x, %y) : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %g#0, %g#1 : tensor<3xf64>, tensor<3xf64>
}
