# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dropout and batch normalisation of ONNX models train, whichever form was exported.

The graphs are those that torch.onnx.export(model.train(), dynamo=True, optimize=False) writes for
Sequential(Linear, BatchNorm1d, ReLU, Dropout, Linear), and the same for a model at inference. They
are built with onnx.helper.
"""

import os
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import dlc
from graphs import model

rng = np.random.default_rng(4)
WEIGHTS = {"0.weight": rng.normal(size=(16, 6)), "0.bias": np.zeros(16) + 0.1,
           "1.weight": np.ones(16), "1.bias": np.zeros(16),
           "1.running_mean": rng.normal(size=16) * 0.1,
           "1.running_var": rng.uniform(0.5, 1.5, 16),
           "4.weight": rng.normal(size=(3, 16)), "4.bias": np.zeros(3)}
BODY = ("g (float[N,6] x) => (float[N,3] y) {{ h = Gemm<transB = 1>(x, w0, b0)\n{norm}\n"
        "r = Relu(n)\n{drop}\ny = Gemm<transB = 1>(d, w4, b4) }}")
FORMS = {
    "for training": (
        "n, m1, v1 = BatchNormalization<training_mode = 1, momentum = 0.9>(h, w1, b1, m, v)",
        "p = Constant<value_float = 0.5>()\nt = Constant<value = bool {1}>()\n"
        "d, mask = Dropout(r, p, t)"),
    "for inference": (
        "n = BatchNormalization<momentum = 0.9>(h, w1, b1, m, v)",
        "p = Constant<value_float = 0.5>()\nd = Dropout(r, p)"),
    "without dropout": (
        "n = BatchNormalization<momentum = 0.9>(h, w1, b1, m, v)",
        "p = Constant<value_float = 0.5>()\nt = Constant<value = bool {0}>()\n"
        "d = Dropout(r, p, t)"),
}
SHORT = dict(zip(WEIGHTS, ["w0", "b0", "w1", "b1", "m", "v", "w4", "b4"]))
x = rng.normal(size=(32, 6)).astype(np.float32)
target = rng.integers(0, 3, 32)


def forward(x, w, mean, variance):
    h = x @ w["0.weight"].T + w["0.bias"]
    n = (h - mean) / np.sqrt(variance + 1e-5) * w["1.weight"] + w["1.bias"]
    return np.maximum(n, 0) @ w["4.weight"].T + w["4.bias"]


for title, (norm, drop) in FORMS.items():
    proto = model(BODY.format(norm=norm, drop=drop), 17)
    for node in proto.graph.node:
        for i, name in enumerate(node.input):
            for full, short in SHORT.items():
                if name == short:
                    node.input[i] = full
    for name, value in WEIGHTS.items():
        proto.graph.initializer.append(
            numpy_helper.from_array(value.astype(np.float32), name))
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "m.onnx")
    onnx.save(proto, path)
    learner = dlc.load(dlc.compile(path, level=1, options=[
        "--train", "loss=cross_entropy", "rate=0"]))
    names = {n for n in learner.state if n != "training.random"}
    assert names == set(WEIGHTS), names
    # Inference uses the running statistics and drops nothing.
    wanted = forward(x, WEIGHTS, WEIGHTS["1.running_mean"], WEIGHTS["1.running_var"])
    inference = np.abs(learner.main(x) - wanted).max() < 1e-4
    h = x @ WEIGHTS["0.weight"].T + WEIGHTS["0.bias"]
    losses = {round(float(learner.step(x, target)), 5) for _ in range(4)}
    moved = 0.9 ** 4 * WEIGHTS["1.running_mean"] + (1 - 0.9 ** 4) * h.mean(0)
    statistics = np.abs(learner.state["1.running_mean"] - moved).max() < 1e-4
    # Without dropout, the loss is that of NumPy with the statistics of the batch.
    z = forward(x, WEIGHTS, h.mean(0), h.var(0))
    e = np.exp(z - z.max(-1, keepdims=True))
    plain = -np.log((e / e.sum(-1, keepdims=True))[np.arange(32), target]).mean()
    near = all(abs(loss - plain) < 1e-4 for loss in losses)
    print(f"{title}: inference {'right' if inference else 'wrong'}, statistics "
          f"{'right' if statistics else 'wrong'}, {len(losses)} losses of 4 steps, "
          f"{'that of nothing dropped' if near else 'others than with nothing dropped'}")
