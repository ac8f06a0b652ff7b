# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The gradient for an extent that is 1 at run time is summed over the broadcast."""

import os
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import dlc
from graphs import model

rng = np.random.default_rng(6)
W, V = (rng.normal(size=(3, 2)).astype(np.float32) for _ in range(2))
proto = model("g (float[N,3] x, float[M,3] u) => (float[K,2] y) "
              "{ h = MatMul(x, w)\nk = MatMul(u, v)\ny = Mul(h, k) }")
for name, value in {"w": W, "v": V}.items():
    proto.graph.initializer.append(numpy_helper.from_array(value, name))
path = os.path.join(tempfile.mkdtemp(), "m.onnx")
onnx.save(proto, path)
library = dlc.load(dlc.compile(path, level=1, options=[
    "--train", "loss=mse", "optimizer=sgd", "rate=0.5"]))
for n, m in [(4, 4), (4, 1), (1, 4), (1, 1)]:
    learner = library.context()
    x, u = (rng.normal(size=(k, 3)).astype(np.float32) for k in (n, m))
    h, k = x @ W, u @ V
    t = rng.normal(size=np.broadcast_shapes(h.shape, k.shape)).astype(np.float32)
    g = 2 * (h * k - t) / t.size
    gh, gk = g * k, g * h
    if n < m:
        gh = gh.sum(0, keepdims=True)
    if m < n:
        gk = gk.sum(0, keepdims=True)
    loss = float(learner.step(x, u, t))
    right = (abs(loss - ((h * k - t) ** 2).mean()) < 1e-4
             and np.abs(learner.state["w"] - (W - 0.5 * x.T @ gh)).max() < 1e-4
             and np.abs(learner.state["v"] - (V - 0.5 * u.T @ gk)).max() < 1e-4)
    print(n, m, "right" if right else "wrong")
