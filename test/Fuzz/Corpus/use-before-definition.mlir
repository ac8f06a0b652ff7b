// A value that is used above where it is defined: the parser would join the two, and where the
// region of the definition fails, leave the use with freed memory.
// compile: refused
#id = affine_map<(i) -> (i)>
func.func @momentum(%p: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %velocity = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%v, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
    linalg.yield %s : f32
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %parameter = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%p, %p : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
  ^i(%a: f32, %b: f32, %o: f32):
  } -> tensor<8xf32>
  return %velocity, %e : tensor<8xf32>, tensor<8xf32>
}