// RUN: dlc-opt %s -dlc-simplify-windows | FileCheck %s

// CHECK: #[[PLAIN:map.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @f
// CHECK: tensor.extract_slice %arg0[0] [5] [2]
// CHECK: linalg.generic {indexing_maps = [#[[PLAIN]]
func.func @f(%x: tensor<9xf32>, %w: tensor<1xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
  %0 = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0 * 2 + d1)>, affine_map<(d0, d1) -> (d1)>,
                       affine_map<(d0, d1) -> (d0)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : tensor<9xf32>, tensor<1xf32>) outs(%y : tensor<5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
