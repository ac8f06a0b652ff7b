# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiled cell beside its formulas."""

import numpy as np

import dlc

SIZE, UNITS = 8, 16
rng = np.random.default_rng(0)


def drawn(*shape):
    return rng.normal(0, 0.5, shape).astype(np.float32)


weights = [drawn(*shape) for _ in "fc" for shape in ((SIZE, UNITS), (UNITS, UNITS), (UNITS,))]


def with_numpy(x, h, wf, uf, bf, wc, uc, bc):
    states = []
    for xt in x:
        f = 1 / (1 + np.exp(-(xt @ wf + h @ uf + bf)))
        c = np.tanh(xt @ wc + (f * h) @ uc + bc)
        h = h + f * (c - h)
        states.append(h)
    return np.stack(states)


mgu = dlc.load("mgu.so").mgu
for steps, samples in (100, 4), (1, 1):
    x, h0 = drawn(steps, samples, SIZE), np.zeros((samples, UNITS), np.float32)
    wanted = with_numpy(*(a.astype(np.float64) for a in (x, h0, *weights)))
    difference = np.abs(mgu(x, h0, *weights) - wanted).max()
    print(f"steps {steps}, samples {samples}: the largest difference is",
          "below" if difference < 1e-5 else "not below", "1e-5")
