// Place 0 of an extent of 1 is all of it.
// call: 5x8 -> computed
func.func @f(%t: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %n = tensor.dim %t, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x1xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<?x1xf32>) -> tensor<?x1xf32>
  %r = linalg.generic {indexing_maps=[affine_map<(i,j)->(i,j)>, affine_map<(i,j)->(i,0)>], iterator_types=["parallel","reduction"]} ins(%t:tensor<?x8xf32>) outs(%o:tensor<?x1xf32>) {
  ^bb0(%a: f32, %b: f32): %s = arith.addf %a, %b : f32
   linalg.yield %s : f32 } -> tensor<?x1xf32>
  return %r : tensor<?x1xf32>
}
