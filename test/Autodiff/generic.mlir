// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dl-differentiate

#id = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func private @f(%x: tensor<4xf32>, %i: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'linalg.generic' op has no derivative: it reduces by something else than a sum}}
  %m = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]}
      ins(%x : tensor<4xf32>) outs(%i : tensor<f32>) {
  ^bb0(%s: f32, %a: f32):
    %p = arith.mulf %s, %a : f32
    linalg.yield %p : f32
  } -> tensor<f32>
  return %m : tensor<f32>
}
func.func @refused(%x: tensor<4xf32>, %i: tensor<f32>) -> tensor<4xf32> {
  %g = dl.grad @f(%x, %i) wrt [0] : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %g : tensor<4xf32>
}
