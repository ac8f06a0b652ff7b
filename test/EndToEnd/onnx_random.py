# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The random operators of ONNX: moments, seeds, and reproducibility.

Tolerances are five standard errors of the estimates, so that correct generators pass. The seeds fix
the numbers, so a test that has passed does not fail later.
"""

import os
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

import dlc

N = 40000


def model(kind, inputs=(), **attributes):
    """A model of one node that returns N numbers."""
    node = helper.make_node(kind, [i.name for i in inputs], ["y"], name="n",
                            **attributes)
    graph = helper.make_graph([node], "g", list(inputs),
                              [onnx.ValueInfoProto(name="y")])
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", 17)])


def run(kind, *arrays, threads=1, **attributes):
    inputs = [helper.make_tensor_value_info(
        f"x{i}", helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for i, a in enumerate(arrays)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.onnx")
        onnx.save(model(kind, inputs, **attributes), path)
        return dlc.load(dlc.compile(path), threads=threads).main(*arrays)


def near(found, wanted, deviation, count=N):
    """Whether a mean is within five standard errors."""
    return abs(found - wanted) <= 5 * deviation / count ** 0.5


def show(name, *claims):
    print(f"{name}: {'right' if all(claims) else 'WRONG ' + str(claims)}")


x = run("RandomUniform", shape=[N], low=-2.0, high=3.0, seed=1.0)
show("uniform", x.min() >= -2, x.max() < 3, near(x.mean(), 0.5, 5 / 12 ** 0.5),
     near(((x - 0.5) ** 2).mean(), 25 / 12, 25 / 180 ** 0.5),
     near((x[1:] * x[:-1]).mean() - 0.25, 0, 25 / 12 + 2))  # neighbours are independent
again = run("RandomUniform", shape=[N], low=-2.0, high=3.0, seed=1.0, threads=2)
other = run("RandomUniform", shape=[N], low=-2.0, high=3.0, seed=2.0)
show("seeds", np.array_equal(x, again), np.mean(x == other) < 0.01)
x = run("RandomNormal", shape=[N], mean=1.0, scale=2.0, seed=3.0)
z = (x - 1) / 2
show("normal", near(z.mean(), 0, 1), near((z ** 2).mean(), 1, 2 ** 0.5),
     near((z ** 3).mean(), 0, 15 ** 0.5), near((z ** 4).mean(), 3, 96 ** 0.5),
     np.isfinite(z).all())
like = np.zeros((200, N // 200), np.float64)
show("like", run("RandomNormalLike", like, seed=4.0).dtype == np.float64,
     run("RandomUniformLike", like, seed=4.0).shape == like.shape)
x = run("Bernoulli", np.full(N, 0.3, np.float32), seed=5.0)
show("bernoulli", set(np.unique(x)) == {0, 1},
     near(x.mean(), 0.3, (0.3 * 0.7) ** 0.5))
p = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
x = run("Multinomial", np.log(p).astype(np.float32), sample_size=N, seed=6.0)
show("multinomial", x.shape == (2, N), *[
    near((x[i] == k).mean(), p[i, k], (p[i, k] * (1 - p[i, k])) ** 0.5)
    for i in range(2) for k in range(3)])
x = run("Dropout", np.ones(N, np.float32), *[])
show("dropout", np.array_equal(x, np.ones(N)))
