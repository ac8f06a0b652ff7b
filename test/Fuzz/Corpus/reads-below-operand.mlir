// The verifier looks at the first and the last iteration alone.
// compile: refused
#in = affine_map<(d0, d1) -> (d0 - d1)>
#out = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%x: tensor<1xf32>) -> tensor<4000x4000xf32> {
  %e = tensor.empty() : tensor<4000x4000xf32>
  %r = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<1xf32>) outs(%e : tensor<4000x4000xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4000x4000xf32>
  return %r : tensor<4000x4000xf32>
}
