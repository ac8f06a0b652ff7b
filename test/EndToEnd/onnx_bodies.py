# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weights inside bodies: of a loop, of a loop with a growing list, of a function.

    onnx_bodies.py FOLDER

Bodies are copied while they are read. Their contents, as raw bytes, must outlive the copies. The
reference is NumPy in f64; errors are relative to the largest element.
"""

import sys

import numpy as np
import onnx
from onnx import numpy_helper, parser

import dlc

SIZE, STEPS = 64, 12
LOOP = """<ir_version: 9, opset_import: ["" : 18]>
g (float[64] x, int64 m) => (float[64] last) {
  last = Loop (m, , x) <body = b (int64 i, bool go, float[64] h) => (bool on, float[64] next) {
    on = Identity (go)
    y = MatMul (h, W)
    next = Tanh (y)
  }>
}"""
LIST = """<ir_version: 9, opset_import: ["" : 18]>
g (float[64] x, int64 m, float[A, 64] rows) => (float[64] last, float[B, 64] all) {
  last, all = Loop (m, , x, rows) <body = b (int64 i, bool go, float[64] h, float[P, 64] before)
      => (bool on, float[64] next, float[R, 64] after) {
    on = Identity (go)
    y = MatMul (h, W)
    next = Tanh (y)
    zero = Constant <value = int64[1] {0}> ()
    row = Unsqueeze (next, zero)
    after = Concat <axis = 0> (before, row)
  }>
}"""
FUNCTION = """<ir_version: 9, opset_import: ["" : 18, "own" : 1]>
g (float[64] x) => (float[64] y) {
  y = own.layer (x)
}
<domain: "own", opset_import: ["" : 18]>
layer (h) => (y) {
  W = Constant <value = float[1] {0.0}> ()
  p = MatMul (h, W)
  y = Tanh (p)
}"""


def main(folder):
    rng = np.random.default_rng(0)
    weights = numpy_helper.from_array(
        (rng.normal(size=(SIZE, SIZE)) / 8).astype(np.float32), "W")
    x = rng.normal(size=SIZE).astype(np.float32)
    states = [x.astype(np.float64)]
    for _ in range(STEPS):
        states.append(np.tanh(states[-1] @ numpy_helper.to_array(weights)))
    rows = np.zeros((2, SIZE), np.float32)
    steps = np.array(STEPS, np.int64)
    for name, text, inputs, wanted in (
            ("loop", LOOP, [x, steps], [states[-1]]),
            ("list", LIST, [x, steps, rows], [states[-1], np.vstack([rows, *states[1:]])]),
            ("function", FUNCTION, [x], [states[1]])):
        model = parser.parse_model(text)
        if model.functions:
            model.functions[0].node[0].attribute[0].t.CopyFrom(weights)
        else:
            model.graph.node[0].attribute[0].g.initializer.append(weights)
        onnx.save(model, f"{folder}/{name}.onnx")
        got = dlc.load(dlc.compile(f"{folder}/{name}.onnx")).main(*inputs)
        got = got if isinstance(got, tuple) else (got,)
        for a, b in zip(got, wanted, strict=True):
            error = float(np.abs(a - b).max() / np.abs(b).max())
            assert a.shape == b.shape and error < 1e-5, (name, a.shape, error)
        print(f"{name}: right")


main(sys.argv[1])
