// The nearest sample of an image without elements.
// call: 0x3x8x2 4x4 4 4x2x2x2 -> refused
// call: 2x0x8x2 4x4 4 4x2x2x2 -> refused
func.func @c0(%a0: tensor<?x?x?x?xf64>, %a1: tensor<4x?xf64>, %a2: tensor<?xi64>, %z0: tensor<4x2x2x?xf64>) -> tensor<4x2x2x?xf64> {
  %1 = dl.neg %a1 : tensor<4x?xf64>
  %2 = dl.neg %a2 : tensor<?xi64>
  %from = arith.constant 0 : index
  %by = arith.constant 1 : index
  %to = arith.constant 2 : index
  %r = scf.for %step = %from to %to step %by iter_args(%y0 = %z0) -> (tensor<4x2x2x?xf64>) {
  %s = dl.roi_align %a0, %1, %2 size [2, 2] sampling_ratio 1 scale 0.5 kind avg half_pixel : tensor<?x?x?x?xf64>, tensor<4x?xf64>, tensor<?xi64>
  scf.yield %s : tensor<4x2x2x?xf64>
  }
  return %r : tensor<4x2x2x?xf64>
}
