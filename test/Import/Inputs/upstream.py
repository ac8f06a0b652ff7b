# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models in upstream's dialects, as front ends such as torch-mlir emit them."""

import numpy as np

import dlc

random = np.random.default_rng(1)
TOSA = """
func.func @main(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>)
    -> tensor<1x4x4x4xf32> {
  %zp = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %0 = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>,
    pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}
    : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<1x8x8x4xf32>
  %1 = tosa.tanh %0 : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %2 = tosa.max_pool2d %1 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>,
    stride = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  return %2 : tensor<1x4x4x4xf32>
}
"""
LINALG = """
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%a: tensor<?x16xf32>, %b: tensor<16x8xf32>) -> tensor<?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %i = arith.constant 0 : index
  %n = tensor.dim %a, %i : tensor<?x16xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.matmul ins(%a, %b : tensor<?x16xf32>, tensor<16x8xf32>)
    outs(%f : tensor<?x8xf32>) -> tensor<?x8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id],
                       iterator_types = ["parallel", "parallel"]}
    ins(%y : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  } -> tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}
"""


def run(name, text, inputs, wanted):
    with open(name + ".mlir", "w") as file:
        file.write(text)
    found = dlc.load(dlc.compile(name + ".mlir")).main(*inputs)
    error = np.max(np.abs(found - wanted)) / np.max(np.abs(wanted))
    print(f"{name}: {'right' if error < 1e-5 else 'wrong'} ({error:.1e})")


x, w, b = (random.standard_normal(s).astype(np.float32)
           for s in ((1, 8, 8, 3), (4, 3, 3, 3), (4,)))
wide = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
y = np.zeros((1, 8, 8, 4))
for i in range(8):
    for j in range(8):
        y[0, i, j] = np.tensordot(wide[0, i:i + 3, j:j + 3], w, ([0, 1, 2], [1, 2, 3]))
y = np.tanh(y + b)
run("tosa", TOSA, [x, w, b], y.reshape(1, 4, 2, 4, 2, 4).max((2, 4)))
a, c = (random.standard_normal(s).astype(np.float32) for s in ((5, 16), (16, 8)))
run("linalg", LINALG, [a, c], np.maximum(a.astype(np.float64) @ c, 0))
