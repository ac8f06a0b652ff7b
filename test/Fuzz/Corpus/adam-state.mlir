// States of another extent than the parameter, whose operands are computed.
// call: 9 9 9 8 - - -> refused
// call: 9 9 9 9 - - -> computed
func.func @c0(%a0: tensor<?xf64>, %a1: tensor<9xf64>, %a2: tensor<9xf64>, %a3: tensor<?xf64>, %a4: tensor<i64>, %a5: tensor<f64>) -> (tensor<?xf64>, tensor<?xf64>, tensor<?xf64>) {
  %0 = dl.neg %a0 : tensor<?xf64>
  %1 = dl.neg %a1 : tensor<9xf64>
  %r:3 = dl.adam %0, %1, %a2, %a3, %a4, %a5 {beta1 = 0.770000 : f64, beta2 = 0.972000 : f64, epsilon = 0.006000 : f64, weight_decay = 0.010000 : f64} : tensor<?xf64>, tensor<9xf64>, tensor<9xf64>, tensor<?xf64>, tensor<i64>, tensor<f64>
  return %r#0, %r#1, %r#2 : tensor<?xf64>, tensor<?xf64>, tensor<?xf64>
}
