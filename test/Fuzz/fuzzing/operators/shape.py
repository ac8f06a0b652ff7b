# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators that move elements and change shapes."""

import numpy as np

from ..draw import ANY, BOOL, F32, F64, I32, I64, NUMBERS, Skip, broadcast, operator


def factors(g, size, rank):
    """A random shape of this many elements, or Skip."""
    shape, left = [], size
    for _ in range(rank - 1):
        divisors = [d for d in range(1, min(left, 64) + 1) if left % d == 0] or [left]
        shape.append(g.choice(divisors))
        left //= max(shape[-1], 1)
    shape.append(left)
    return [shape[i] for i in g.rng.permutation(len(shape))]


@operator("Reshape", 3.0, 5)
def reshape(g):
    x = g.pick(ANY, static=False)
    if not x.is_static:
        g.emit("Reshape", [x, g.ints([-1])], [(x.dtype, (None,), x.tame)])
        return
    if x.size == 0:
        g.emit("Reshape", [x, g.ints([0] * x.rank)], [(x.dtype, x.shape, x.tame)])
        return
    shape = factors(g, x.size, g.integer(1, 4)) if x.size != 1 or g.chance(0.7) else []
    given = list(shape)
    for d in range(min(len(given), x.rank)):
        if given[d] == x.shape[d] and g.chance(0.4):
            given[d] = 0
    if given and g.chance(0.4):
        given[g.integer(0, len(given) - 1)] = -1
    g.emit("Reshape", [x, g.ints(np.asarray(given, np.int64))],
           [(x.dtype, shape, x.tame)])


@operator("ReshapeToShape", 1.0, 13)
def reshape_to_shape(g):
    """Through the shape of a value, as exporters write it."""
    x = g.pick(ANY, 1)
    shape = g.emit("Shape", [x], [(I64, (x.rank,))])
    g.values.pop()
    if x.rank < 2 or x.size == 0:
        flat = g.emit("Flatten", [x], [(x.dtype, (
            1 if x.rank == 0 else x.shape[0], int(np.prod(x.shape[1:]))), x.tame)])
        g.emit("Reshape", [flat, shape], [(x.dtype, x.shape, x.tame)])
        return
    first = g.emit("Slice", [shape, g.ints([0]), g.ints([1])], [(I64, (1,))])
    g.values.pop()
    given = g.emit("Concat", [first, g.ints([-1])], [(I64, (2,))], axis=0)
    g.values.pop()
    g.emit("Reshape", [x, given],
           [(x.dtype, (x.shape[0], x.size // x.shape[0]), x.tame)])


@operator("Flatten", 0.8, 9)
def flatten(g):
    x = g.pick(ANY, 1)
    axis = g.integer(-x.rank if g.opset >= 11 else 0, x.rank)
    cut = axis if axis >= 0 else axis + x.rank
    g.emit("Flatten", [x], [(x.dtype, (int(np.prod(x.shape[:cut])),
                                       int(np.prod(x.shape[cut:]))), x.tame)], axis=axis)


@operator("Transpose", 2.0)
def transpose(g):
    x = g.pick(ANY, static=False)
    order = [int(i) for i in g.rng.permutation(x.rank)]
    if g.chance(0.2) or not order:
        g.emit("Transpose", [x], [(x.dtype, x.shape[::-1], x.tame)])
        return
    g.emit("Transpose", [x], [(x.dtype, [x.shape[i] for i in order], x.tame)], perm=order)


@operator("Squeeze", 1.0, 11)
def squeeze(g):
    x = g.pick(ANY, 1, where=lambda v: 1 in v.shape)
    ones = [d for d, e in enumerate(x.shape) if e == 1]
    axes = g.some(ones, 1)
    shape = [e for d, e in enumerate(x.shape) if d not in axes]
    axes = [a - x.rank if g.chance(0.3) else a for a in axes]
    if g.opset >= 13:
        g.emit("Squeeze", [x, g.ints(axes)], [(x.dtype, shape, x.tame)])
    else:
        g.emit("Squeeze", [x], [(x.dtype, shape, x.tame)], axes=axes)


@operator("Unsqueeze", 1.0, 11)
def unsqueeze(g):
    x = g.pick(ANY, 0, 4, static=False)
    if x.rank > 4:
        raise Skip
    rank = x.rank + g.integer(1, 2)
    axes = g.some(list(range(rank)), rank - x.rank, rank - x.rank)
    rest = iter(x.shape)
    shape = [1 if d in axes else next(rest) for d in range(rank)]
    axes = [a - rank if g.chance(0.3) else a for a in axes]
    if g.opset >= 13:
        g.emit("Unsqueeze", [x, g.ints(axes)], [(x.dtype, shape, x.tame)])
    else:
        g.emit("Unsqueeze", [x], [(x.dtype, shape, x.tame)], axes=axes)


@operator("Concat", 2.0, 11)
def concat(g):
    x = g.pick(ANY, 1, static=False)
    axis = g.integer(-x.rank, x.rank - 1)
    at = axis % x.rank
    values = [x]
    for _ in range(g.integer(0, 3)):
        found = g.find((x.dtype,), x.rank, x.rank, lambda v: all(
            d == at or a == b for d, (a, b) in enumerate(zip(v.shape, x.shape))))
        if found is None or g.chance(0.3):
            shape = list(x.shape)
            shape[at] = g.extent()
            if None in shape:
                continue
            found = g.fresh(x.dtype, shape)
        values.insert(g.integer(0, len(values)), found)
    extents = [v.shape[at] for v in values]
    shape = list(x.shape)
    shape[at] = None if None in extents else sum(extents)
    g.emit("Concat", values, [(x.dtype, shape, all(v.tame for v in values))], axis=axis)


@operator("Split", 1.0, 11)
def split(g):
    x = g.pick(ANY, 1, where=lambda v: max(v.shape) >= 2)
    axis = g.integer(-x.rank, x.rank - 1)
    extent = x.shape[axis]
    count = g.integer(1, 3)
    cuts = sorted(g.integer(0, extent) for _ in range(count - 1))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, extent])]
    if not g.zeros and 0 in sizes:
        raise Skip
    results = []
    for size in sizes:
        shape = list(x.shape)
        shape[axis] = size
        results.append((x.dtype, shape, x.tame))
    if g.opset >= 13:
        g.emit("Split", [x, g.ints(sizes)], results, axis=axis)
    else:
        g.emit("Split", [x], results, axis=axis, split=sizes)


@operator("Slice", 3.0, 11)
def slice_(g):
    x = g.pick(ANY, 1, where=lambda v: v.size > 0)
    axes = g.some(list(range(x.rank)), 1)
    starts, ends, steps, shape = [], [], [], list(x.shape)
    for a in axes:
        e = x.shape[a]
        start = g.integer(-e - 2, e + 1)
        end = g.choice([g.integer(-e - 2, e + 2), 2 ** 31 - 1, 2 ** 63 - 1, -2 ** 31])
        step = g.choice([1, 1, 1, 2, 3, -1, -2])
        shape[a] = len(range(e)[slice(start, end, step)])
        # Python clamps as ONNX does, except for ends beyond the range with negative steps.
        starts, ends, steps = starts + [start], ends + [end], steps + [step]
    if 0 in shape and not g.zeros:
        raise Skip
    axes = [a - x.rank if g.chance(0.3) else a for a in axes]
    t = g.choice([np.int64, np.int64, np.int32])
    if t == np.int32:
        ends = [min(e, 2 ** 31 - 1) for e in ends]
    operands = [x] + [g.constant(np.asarray(v, t)) for v in (starts, ends, axes)]
    if any(s != 1 for s in steps) or g.chance(0.3):
        operands.append(g.constant(np.asarray(steps, t)))
    g.emit("Slice", operands, [(x.dtype, shape, x.tame)])


@operator("SliceAtRunTime", 0.7, 13)
def slice_at_run_time(g):
    x = g.pick(ANY, 1, where=lambda v: v.size > 0)
    axis = g.integer(0, x.rank - 1)
    e = x.shape[axis]
    start = g.input(I64, (1,), low=-e - 2, high=e + 1)
    end = g.input(I64, (1,), low=-e - 2, high=e + 2)
    shape = list(x.shape)
    shape[axis] = None
    operands = [x, start, end, g.ints([axis])]
    if g.chance(0.5):
        operands.append(g.ints([g.choice([1, 2, -1, -3])]))
    g.emit("Slice", operands, [(x.dtype, shape, x.tame)])


@operator("Pad", 1.2, 11)
def pad(g):
    x = g.pick(NUMBERS, 1)
    mode = g.choice(["constant"] * 3 + ["edge", "reflect"] + ["wrap"] * (g.opset >= 19))
    low = -1 if mode == "constant" and g.chance(0.3) else 0
    before, after = ([g.integer(low, 2) for _ in x.shape] for _ in range(2))
    shape = []
    for d, e in enumerate(x.shape):
        if mode != "constant":
            limit = {"reflect": e - 1, "edge": 2 if e else 0, "wrap": e}[mode]
            before[d], after[d] = (max(0, min(p[d], limit)) for p in (before, after))
        shape.append(e + before[d] + after[d])
    if any(e < 0 for e in shape) or (0 in shape and not g.zeros):
        raise Skip
    operands = [x, g.ints(before + after)]
    if mode == "constant" and g.chance(0.5):
        operands.append(g.constant(np.asarray(g.integer(-2, 2), x.dtype)))
    g.emit("Pad", operands, [(x.dtype, shape, x.tame)], mode=mode)


@operator("PadAtRunTime", 0.4, 13)
def pad_at_run_time(g):
    x = g.pick((F32, F64, I64), 1, 3)
    pads = g.input(I64, (2 * x.rank,), low=0, high=2)
    g.emit("Pad", [x, pads], [(x.dtype, [None] * x.rank, x.tame)])


@operator("Tile", 0.8, 6)
def tile(g):
    x = g.pick(ANY)
    repeats = [g.choice([1, 1, 2, 3]) for _ in x.shape]
    shape = [a * b for a, b in zip(x.shape, repeats)]
    if np.prod(shape, dtype=np.int64) > 20000:
        raise Skip
    g.emit("Tile", [x, g.ints(np.asarray(repeats, np.int64))], [(x.dtype, shape, x.tame)])


@operator("Expand", 1.5, 8)
def expand(g):
    x = g.pick(ANY)
    shape = [g.extent() if e == 1 and g.chance(0.6) else 1 if g.chance(0.3) else e
             for e in x.shape]
    shape = [g.extent() for _ in range(g.integer(0, 2) if x.rank < 4 else 0)] + shape
    full = broadcast(x.shape, shape)
    if np.prod(full, dtype=np.int64) > 20000:
        raise Skip
    g.emit("Expand", [x, g.ints(np.asarray(shape, np.int64))], [(x.dtype, full, x.tame)])


@operator("Shape", 0.8, 13)
def shape_of(g):
    x = g.pick(ANY, static=False)
    if g.opset >= 15 and x.rank and g.chance(0.4):
        start, end = g.integer(-x.rank - 1, x.rank), g.integer(-x.rank, x.rank + 1)
        n = len(range(*slice(start, end).indices(x.rank)))
        g.emit("Shape", [x], [(I64, (n,), True)], start=start, end=end)
        return
    g.emit("Shape", [x], [(I64, (x.rank,), True)])


@operator("Size", 0.4, 13)
def size_of(g):
    g.emit("Size", [g.pick(ANY, static=False)], [(I64, (), True)])


@operator("ConstantOfShape", 0.6, 9)
def constant_of_shape(g):
    from onnx import numpy_helper
    if g.chance(0.5):
        x = g.pick(ANY)
        if x.size > 5000:
            raise Skip
        given, shape = g.emit("Shape", [x], [(I64, (x.rank,), True)]), x.shape
    else:
        shape = g.shape(0, 3, 500)
        given = g.ints(np.asarray(shape, np.int64))
    t = g.dtype(ANY)
    value = numpy_helper.from_array(g.array(t, (1,)))
    g.emit("ConstantOfShape", [given], [(t, shape, True)], value=value)


@operator("Range", 0.5, 11)
def range_(g):
    t = g.choice([F32, I32, I64])
    start, delta = g.integer(-4, 4), g.choice([-2, -1, 1, 2, 3])
    limit = start + delta * g.integer(1, 8)
    if g.chance(0.4) and t != F32:
        operands = [g.constant(np.asarray(start, t)),
                    g.input(t, (), low=start + 1, high=start + 7),
                    g.constant(np.asarray(1, t))]
        g.emit("Range", operands, [(t, (None,), True)])
        return
    g.emit("Range", [g.constant(np.asarray(v, t)) for v in (start, limit, delta)],
           [(t, (len(range(start, limit, delta)),), True)])


@operator("EyeLike", 0.4, 9)
def eye_like(g):
    x = g.pick(NUMBERS, 2, 2)
    g.emit("EyeLike", [x], [(x.dtype, x.shape, True)], k=g.choice([None, -1, 0, 1, 3]))


@operator("Trilu", 0.7, 14)
def trilu(g):
    x = g.pick(NUMBERS, 2)
    operands = [x] + ([g.constant(np.int64(g.integer(-3, 3)))] if g.chance(0.6) else [])
    g.emit("Trilu", operands, [(x.dtype, x.shape, x.tame)], upper=g.choice([None, 0, 1]))


@operator("DepthToSpace", 0.5, 11)
def depth_to_space(g):
    b = g.choice([2, 2, 3])
    n, c, h, w = g.integer(1, 2), g.integer(1, 3), g.integer(1, 4), g.integer(1, 4)
    if g.chance(0.5):
        x = g.fresh(F32, (n, c * b * b, h, w))
        g.emit("DepthToSpace", [x], [(F32, (n, c, h * b, w * b), x.tame)], blocksize=b,
               mode=g.choice([None, "DCR", "CRD"]))
    else:
        x = g.fresh(F32, (n, c, h * b, w * b))
        g.emit("SpaceToDepth", [x], [(F32, (n, c * b * b, h, w), x.tame)], blocksize=b)


@operator("Resize", 1.0, 13)
def resize(g):
    x = g.pick((F32,), 3, 4, where=lambda v: 2 < v.rank < 5 and v.size > 0)
    mode = g.choice(["nearest", "linear", "cubic"] if x.rank == 4 else
                    ["nearest", "linear"])
    sizes = list(x.shape[:2]) + [g.integer(1, 9) for _ in x.shape[2:]]
    attributes = {"mode": mode, "coordinate_transformation_mode": g.choice(
        ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])}
    if mode == "nearest":
        attributes["nearest_mode"] = g.choice(
            ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    if g.chance(0.5):
        g.emit("Resize", [x, None, None, g.ints(sizes)], [(F32, sizes, x.tame)],
               **attributes)
        return
    scales = [1.0, 1.0] + [g.choice([0.5, 1.0, 1.5, 2.0]) for _ in x.shape[2:]]
    sizes = [int(np.floor(e * s)) for e, s in zip(x.shape, scales)]
    if 0 in sizes:
        raise Skip
    g.emit("Resize", [x, None, g.constant(np.asarray(scales, np.float32))],
           [(F32, sizes, x.tame)], **attributes)
