# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators that find or write elements by position."""

import numpy as np

from ..draw import BOOL, F32, F64, I32, I64, ANY, NUMBERS, Skip, operator


def places(g, extent, shape, t=None):
    """Indices into an extent, constant or not."""
    if extent == 0:
        raise Skip
    t = t or g.choice([I64, I64, I32])
    if g.chance(0.4):
        return g.input(t, shape, low=-extent, high=extent - 1)
    return g.constant(g.array(t, shape, -extent, extent - 1))


@operator("Gather", 2.5, 11)
def gather(g):
    x = g.pick(ANY, 1)
    axis = g.integer(-x.rank, x.rank - 1)
    at = axis % x.rank
    shape = g.shape(0, 2, 30)
    result = x.shape[:at] + tuple(shape) + x.shape[at + 1:]
    if len(result) > 6:
        raise Skip
    i = places(g, x.shape[at], shape)
    g.emit("Gather", [x, i], [(x.dtype, result, x.tame)],
           axis=axis if axis or g.chance(0.5) else None)


@operator("GatherElements", 1.0, 11)
def gather_elements(g):
    x = g.pick(NUMBERS, 1)
    axis = g.integer(-x.rank, x.rank - 1)
    shape = list(x.shape)
    shape[axis] = g.extent()
    i = places(g, x.shape[axis], shape)
    g.emit("GatherElements", [x, i], [(x.dtype, shape, x.tame)], axis=axis)


def tuples(g, x, lead, depth, distinct):
    """Index tuples into the first dimensions of x."""
    extents = x.shape[:depth]
    count, total = int(np.prod(lead)), int(np.prod(extents))
    if total == 0 or (distinct and count > total):
        raise Skip
    flat = g.rng.permutation(total)[:count] if distinct else g.rng.integers(0, total, count)
    rows = np.stack(np.unravel_index(flat, extents), -1)
    negative = g.rng.random(rows.shape) < 0.2
    rows = np.where(negative, rows - np.array(extents), rows)
    return g.constant(rows.reshape(*lead, depth).astype(np.int64))


@operator("GatherND", 0.8, 12)
def gather_nd(g):
    x = g.pick(NUMBERS, 1)
    depth, lead = g.integer(1, x.rank), g.shape(1, 2, 20)
    i = tuples(g, x, lead, depth, False)
    result = tuple(lead) + x.shape[depth:]
    if len(result) > 6:
        raise Skip
    g.emit("GatherND", [x, i], [(x.dtype, result, x.tame)])


def reductions(g):
    return g.choice([None, "none"] + (["add", "mul"] if g.opset >= 16 else []) +
                    (["max", "min"] if g.opset >= 18 else []))


@operator("ScatterND", 1.5, 11)
def scatter_nd(g):
    x = g.pick((F32, F64, I64), 1)
    depth, reduction, lead = g.integer(1, x.rank), reductions(g), g.shape(1, 2, 12)
    i = tuples(g, x, lead, depth, reduction in (None, "none"))
    updates = g.like(x, tuple(lead) + x.shape[depth:])
    g.emit("ScatterND", [x, i, updates], [(x.dtype, x.shape, x.tame)],
           reduction=reduction if g.opset >= 16 else None)


@operator("ScatterElements", 1.2, 11)
def scatter_elements(g):
    x = g.pick((F32, F64, I64), 1)
    if x.size == 0:
        raise Skip
    axis, reduction = g.integer(-x.rank, x.rank - 1), reductions(g)
    shape = [g.integer(1, e) for e in x.shape]
    if reduction in (None, "none"):  # no place twice: the last one is not defined
        i = g.constant(np.argsort(g.rng.random(shape), axis=axis).astype(np.int64))
    else:
        i = g.constant(g.array(I64, shape, -x.shape[axis], x.shape[axis] - 1))
    g.emit("ScatterElements", [x, i, g.like(x, shape)], [(x.dtype, x.shape, x.tame)],
           axis=axis, reduction=reduction if g.opset >= 16 else None)


@operator("OneHot", 0.7, 11)
def one_hot(g):
    depth = g.integer(1, 6)
    i = g.find((I64,), 0, 3, lambda v: v.is_static) or places(
        g, depth, g.shape(0, 2, 30), I64)
    axis = g.integer(-i.rank - 1, i.rank)
    at = axis % (i.rank + 1)
    g.emit("OneHot", [i, g.ints([depth]), g.constant(g.array(F32, (2,)))],
           [(F32, i.shape[:at] + (depth,) + i.shape[at:], True)], axis=axis)


@operator("NonZero", 1.0, 13)
def nonzero(g):
    x = g.pick((BOOL, F32, I64), 1)
    g.emit("NonZero", [x], [(I64, (x.rank, None), True)])


@operator("Compress", 1.2, 11)
def compress(g):
    x = g.pick((F32, F64, I64), 1)
    if g.chance(0.3):
        n, axis, shape = x.size, None, (None,)
    else:
        axis = g.integer(-x.rank, x.rank - 1)
        n, shape = x.shape[axis], list(x.shape)
        shape[axis] = None
    c = g.find((BOOL,), 1, 1, lambda v: v.shape == (n,)) or g.fresh(BOOL, (n,))
    g.emit("Compress", [x, c], [(x.dtype, shape, x.tame)], axis=axis)


@operator("NonMaxSuppression", 0.3, 11)
def non_max_suppression(g):
    b, c, n = g.integer(1, 2), g.integer(1, 2), g.integer(1, 8)
    boxes = g.input(F32, (b, n, 4), low=0, high=1)
    scores = g.input(F32, (b, c, n), low=0, high=1)
    operands = [boxes, scores, g.ints([g.integer(0, 4)]),
                g.constant(np.asarray([0.3], np.float32)),
                g.constant(np.asarray([0.2], np.float32))]
    g.emit("NonMaxSuppression", operands, [(I64, (None, 3), True)])
