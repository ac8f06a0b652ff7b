# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random matrix products."""

import numpy as np

from .base import Case, wide


def dense(g):
    t = g.float_type()
    lead = [g.integer(1, 20) for _ in range(g.integer(0, 2))]
    k, n = g.integer(1, 70), g.integer(1, 70)
    x, w = g.array(t, lead + [k]), g.array(t, [k, n])
    inputs, text, types = [(t, x), (t, w)], "dl.dense %0, %1", "{T0}, {T1}"
    y, scale = wide(x) @ wide(w), np.abs(wide(x)) @ np.abs(wide(w))
    if g.chance(0.6):
        b = g.array(t, [n])
        inputs.append((t, b))
        text, types = text + ", %2", types + ", {T2}"
        y, scale = y + wide(b), scale + np.abs(wide(b))
    return Case(f"{text} : {types}", inputs, y, [t], scale)


def matmul(g):
    t = g.float_type()
    m, k, n = g.integer(1, 40), g.integer(1, 40), g.integer(1, 70)
    batch = [g.integer(1, 4) for _ in range(g.integer(0, 3))]
    shapes = []
    for _ in range(2):
        skipped = g.integer(0, len(batch)) if g.chance(0.3) else 0
        shapes.append([1 if g.chance(0.2) else e for e in batch[skipped:]])
    sa, sb = shapes
    a, b = g.array(t, sa + [m, k]), g.array(t, sb + [k, n])
    fixed = {(i, d) for i, s in enumerate((sa, sb))
             for d, e in enumerate(s) if e == 1}
    return Case("dl.matmul %0, %1 : {T0}, {T1}", [(t, a), (t, b)],
                wide(a) @ wide(b), [t], np.abs(wide(a)) @ np.abs(wide(b)),
                fixed=fixed)


OPS = {
    "dense": dense,
    "matmul": matmul,
}
