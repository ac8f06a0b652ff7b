// Three times the factor wraps around to 2.
// compile: refused
#in = affine_map<(d0) -> (d0 * 6148914691236517206)>
#out = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<?xi8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel"]}
    ins(%x : tensor<?xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %b: i8):
    linalg.yield %a : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}
