#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>
func.func private @f(%x: tensor<4x3xf64>, %w: tensor<3x5xf64>, %b: tensor<5xf64>) -> tensor<f64> {
  %zero = arith.constant 0.0 : f64
  %e = tensor.empty() : tensor<4x5xf64>
  %z = linalg.fill ins(%zero : f64) outs(%e : tensor<4x5xf64>) -> tensor<4x5xf64>
  %p = linalg.matmul ins(%x, %w : tensor<4x3xf64>, tensor<3x5xf64>) outs(%z : tensor<4x5xf64>) -> tensor<4x5xf64>
  %a = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p, %b : tensor<4x5xf64>, tensor<5xf64>) outs(%e : tensor<4x5xf64>) {
  ^bb0(%s: f64, %t: f64, %o: f64):
    %u = arith.addf %s, %t : f64
    %v = math.tanh %u : f64
    %q = arith.mulf %v, %u : f64
    linalg.yield %q : f64
  } -> tensor<4x5xf64>
  %r = dl.reduce_sum %a : tensor<4x5xf64>
  return %r : tensor<f64>
}
func.func @value(%x: tensor<4x3xf64>, %w: tensor<3x5xf64>, %b: tensor<5xf64>) -> tensor<f64> {
  %r = call @f(%x, %w, %b) : (tensor<4x3xf64>, tensor<3x5xf64>, tensor<5xf64>) -> tensor<f64>
  return %r : tensor<f64>
}
func.func @gradient(%x: tensor<4x3xf64>, %w: tensor<3x5xf64>, %b: tensor<5xf64>) -> (tensor<4x3xf64>, tensor<3x5xf64>, tensor<5xf64>) {
  %g:3 = dl.grad @f(%x, %w, %b) : (tensor<4x3xf64>, tensor<3x5xf64>, tensor<5xf64>) -> (tensor<4x3xf64>, tensor<3x5xf64>, tensor<5xf64>)
  return %g#0, %g#1, %g#2 : tensor<4x3xf64>, tensor<3x5xf64>, tensor<5xf64>
}
