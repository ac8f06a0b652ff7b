# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model whose pads, axes and shape are computed by other operators learns like the one in which
they are constants."""

import os
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import dlc
from graphs import computed_pads, model

rng = np.random.default_rng(5)
WEIGHTS = {"filter": rng.normal(size=(4, 2, 3, 3)) * 0.3, "weight": rng.normal(size=(3, 80)) * 0.1,
           "bias": rng.normal(size=3) * 0.1}
BODY = """g (float[N,2,6,5] x) => (float[N,3] y) {{
    {numbers}
    p = Pad(x, pads)
    c = Conv(p, filter)
    s = Slice(c, from, to, axes)
    r = Relu(s)
    f = Reshape(r, flat)
    y = Gemm<transB = 1>(f, weight, bias)
}}"""
LIMITS = "from = Constant<value_ints = [1]>()\nto = Constant<value_ints = [5]>()\n"
FORMS = {
    "computed": LIMITS + "edges = Constant<value_ints = [1, 1, 1, 1]>()\n" +
                computed_pads("edges", 4) +
                "two = Constant<value_int = 2>()\naxes = Unsqueeze(two, first)\n"
                "one = Constant<value_ints = [1]>()\nshape = Shape(x)\n"
                "rows = Slice(shape, first, one)\nflat = Concat<axis = 0>(rows, back)",
    "written": LIMITS + "pads = Constant<value_ints = [0, 0, 1, 1, 0, 0, 1, 1]>()\n"
               "axes = Constant<value_ints = [2]>()\nflat = Constant<value_ints = [-1, 80]>()"}

x = rng.normal(size=(8, 2, 6, 5)).astype(np.float32)
t = rng.normal(size=(8, 3)).astype(np.float32)
found = {}
for name, numbers in FORMS.items():
    proto = model(BODY.format(numbers=numbers))
    for weight, value in WEIGHTS.items():
        proto.graph.initializer.append(
            numpy_helper.from_array(value.astype(np.float32), weight))
    path = os.path.join(tempfile.mkdtemp(), "m.onnx")
    onnx.save(proto, path)
    learner = dlc.load(dlc.compile(path, level=1, options=[
        "--train", "loss=mse", "optimizer=sgd", "rate=0.1"]))
    losses = [float(learner.step(x, t)) for _ in range(5)]
    state = {n: np.array(v) for n, v in learner.state.items() if n != "training.random"}
    found[name] = [losses, *(state[n] for n in WEIGHTS)]
    print(f"{name}: {', '.join(sorted(state))}; loss "
          f"{'falls' if losses == sorted(losses, reverse=True) else f'goes {losses}'}")
same = all(np.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(*found.values()))
print("the same" if same else f"others: {[values[0] for values in found.values()]}")
