// RUN: dlc-opt %s -dlc-tile-and-fuse -split-input-file -verify-diagnostics
// RUN: dlc-opt %s -dlc-choose-schedules -split-input-file -verify-diagnostics

// A nest whose ops are not what their roles say is refused.

func.func @sum(%x: tensor<16x8xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found role 'product', expected an op that multiplies two operands and sums, with the right one contiguous where the result is}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<16x8xf32>) outs(%y : tensor<16xf32>)
      attrs = {codegen.nest = #codegen.nest<0, product>} {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @epilogue(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found role 'epilogue' at the end of a nest of 0 products and 1 epilogues, expected one product and an epilogue at most}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, epilogue>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @rows(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found 'rows' in the schedule of the last op of a nest, of role 'elementwise', expected none: it has no effect there}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, elementwise>, codegen.schedule = #codegen.schedule<rows = [1]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @panels(%x: tensor<16x8xf32>, %w: tensor<8x4xf32>, %y: tensor<16x4xf32>) -> tensor<16x4xf32> {
  // expected-error @below {{panels of 4611686018427387904 columns, expected at most as many as the right operand has}}
  %0 = linalg.matmul {codegen.nest = #codegen.nest<0, product>, codegen.schedule = #codegen.schedule<packing = 4611686018427387904>} ins(%x, %w : tensor<16x8xf32>, tensor<8x4xf32>) outs(%y : tensor<16x4xf32>) -> tensor<16x4xf32>
  return %0 : tensor<16x4xf32>
}
