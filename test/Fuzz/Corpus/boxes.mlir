// Boxes have four numbers.
// call: 1x29x0 1x2x29 -> refused
// call: 1x29x4 1x2x28 -> refused
// call: 1x29x4 1x2x29 -> computed
func.func @c0(%a0: tensor<?x?x?xf32>, %a1: tensor<?x?x?xf32>) -> tensor<?x3xi64> {
%most = arith.constant 4 : i64
%overlap = arith.constant 0.3 : f32
%least = arith.constant 0.2 : f32
  %r = dl.non_max_suppression %a0, %a1, %most, %overlap, %least centered : tensor<?x?x?xf32>, tensor<?x?x?xf32>
  return %r : tensor<?x3xi64>
}
