# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares operators on out-of-range indices with NumPy on the clamped ones."""

import numpy as np
import onnx
from onnx import TensorProto, helper

import dlc

rng = np.random.default_rng(0)
x = rng.normal(size=(4, 3)).astype(np.float32)
value = helper.make_tensor_value_info


def clamp(i, n):
    return int(min(max(i + n if i < 0 else i, 0), n - 1))


def run(op, inputs, shape, **attributes):
    names = [f"x{i}" for i in range(len(inputs))]
    kinds = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int64): TensorProto.INT64}
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)], "g",
        [value(n, kinds[a.dtype], a.shape) for n, a in zip(names, inputs)],
        [value("y", TensorProto.FLOAT, shape)])
    onnx.save(helper.make_model(graph, ir_version=8,
                                opset_imports=[helper.make_opsetid("", 17)]), f"{op}.onnx")
    return dlc.load(dlc.compile(f"{op}.onnx")).main(*inputs)


far = [-2**62, -9, -4, 0, 3, 4, 9, 2**62]
i = np.array(far, np.int64)
assert np.array_equal(run("Gather", [x, i], (8, 3)), x[[clamp(k, 4) for k in far]])

e = rng.choice(far, size=(2, 3)).astype(np.int64)
wanted = [[x[clamp(k, 4), c] for c, k in enumerate(row)] for row in e]
assert np.array_equal(run("GatherElements", [x, e], (2, 3)), np.array(wanted))

n = np.array([[a, b] for a in far for b in (-7, 1, 8)], np.int64)
wanted = [x[clamp(a, 4), clamp(b, 3)] for a, b in n]
assert np.array_equal(run("GatherND", [x, n], (24,)), np.array(wanted))

updates = rng.normal(size=(8, 3)).astype(np.float32)
wanted = x.copy()
for k, row in zip(far, updates):
    wanted[clamp(k, 4)] = row
rows = i[:, None]
for op, places in (("ScatterElements", np.repeat(rows, 3, 1)), ("ScatterND", rows)):
    got = run(op, [x, places, updates], (4, 3))
    assert np.array_equal(got, wanted), (op, got, wanted)
print("5 operators clamp")
