# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random reductions."""

import numpy as np

from .base import Case, DTYPES, EXACT, wide
from .elementwise import NUMBERS


def reduction(name, function, summed):
    def make(g):
        t = g.choice(NUMBERS)
        x = g.array(t, g.shape(1, 4))
        if name == "prod":
            x = (np.sign(wide(x)) * (0.5 + abs(wide(x)) / 4)).astype(DTYPES[t])
        parts, axes = "", None
        if g.chance(0.8):
            count = g.integer(1, x.ndim)
            axes = tuple(int(a) for a in g.rng.permutation(x.ndim)[:count])
            axes = tuple(a - x.ndim if g.chance(0.3) else a for a in axes)
            parts += f" axes [{', '.join(map(str, axes))}]"
        keep = g.chance(0.5)
        if keep:
            parts += " keep_dims"
        operand = x if t in EXACT else wide(x)
        with np.errstate(all="ignore"):
            y = function(operand, axis=axes, keepdims=keep)
        if t in EXACT:
            if name == "mean":
                total = np.sum(operand, axis=axes, keepdims=keep)
                count = operand.size // max(1, np.asarray(total).size)
                y = np.trunc(np.asarray(total) / count)
            y = np.asarray(y).astype(DTYPES[t])
        scale = None
        if summed and t not in EXACT:
            scale = function(abs(wide(x)), axis=axes, keepdims=keep)
        return Case(f"dl.reduce_{name} %0{parts} : {{T0}}", [(t, x)], y, [t],
                    scale)
    return make


def arg(name, function):
    def make(g):
        t = g.choice(NUMBERS)
        x = g.array(t, g.shape(1, 4))
        if g.chance(0.5):
            x = np.round(wide(x)).astype(DTYPES[t])  # equal elements
        if t not in EXACT and g.chance(0.3):
            x.ravel()[g.integer(0, x.size - 1)] = np.nan
        axis = g.integer(-x.ndim, x.ndim - 1)
        keep = g.chance(0.5)
        y = function(wide(x), axis=axis)
        if keep:
            y = np.expand_dims(y, axis)
        return Case(f"dl.{name} %0 axis {axis}{' keep_dims' if keep else ''}"
                    " : {T0}", [(t, x)], y.astype(np.int64), ["i64"])
    return make


OPS = {
    "reduce_sum": reduction("sum", np.sum, True),
    "reduce_mean": reduction("mean", np.mean, True),
    "reduce_max": reduction("max", np.max, False),
    "reduce_min": reduction("min", np.min, False),
    "reduce_prod": reduction("prod", np.prod, True),
    "arg_max": arg("arg_max", np.argmax),
    "arg_min": arg("arg_min", np.argmin),
}
