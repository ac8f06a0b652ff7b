# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A deep belief network: two restricted Boltzmann machines, by contrastive divergence."""

import numpy as np
from sklearn.datasets import load_digits

import dlc
from dlc import dl, ir


def machine(visible, hidden, batch=50, rate=0.1):
    module, first = ir.Module(), np.random.default_rng(0).normal(0, 0.1, (visible, hidden))
    for name, value in (("w", first), ("a", np.zeros(visible)), ("b", np.zeros(hidden))):
        module.add_global(name, np.float32(value), mutable=True)
    module.add_global("random", [1, 0], mutable=True)  # a seed, and how many steps were drawn
    with module.function("step", v0=ir.type_of((batch, visible))) as f:
        (w, a, b), random, v0 = map(module.load, "wab"), module.load("random"), f.v0
        p0 = dl.sigmoid(dl.dense(v0, w, b))
        u = module.op("dl.random_uniform", random, stream=0, types=[p0.type])
        h0 = dl.cast(dl.less(u, p0), to="f32")  # a step of Gibbs sampling: down and up again
        v1 = dl.sigmoid(dl.dense(h0, dl.transpose(w, permutation=[1, 0]), a))
        p1 = dl.sigmoid(dl.dense(v1, w, b))
        v0t, v1t = (dl.transpose(v, permutation=[1, 0]) for v in (v0, v1))
        module.store("w", w + (v0t @ p0 - v1t @ p1) * (rate / batch))
        module.store("a", a + dl.reduce_mean(v0 - v1, axes=[0]) * rate)
        module.store("b", b + dl.reduce_mean(p0 - p1, axes=[0]) * rate)
        module.store("random", random + [0, 1])
        f.returns(error=dl.reduce_mean(dl.square(v0 - v1)), hidden=p0)
    return module


TRAINS, MODEL = True, machine(64, 96)
x, errors = np.float32(load_digits().data[:1750] / 16).reshape(35, 50, 64), []
for library in map(dlc.compile, (MODEL, machine(96, 64))):
    for _ in range(40):
        error, hidden = zip(*map(library.step, x))
    errors, x = [*errors, np.mean(error) / np.var(x, (0, 1)).mean()], hidden
assert max(errors) < 0.6
FIGURE = "reconstruction error over the variance: " + ", ".join(f"{e:.2f}" for e in errors)
print(FIGURE)
