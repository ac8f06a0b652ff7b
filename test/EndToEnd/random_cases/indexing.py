# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random ops on positions, and for detection."""

import numpy as np

from .base import Case, DTYPES, EXACT, exact, wide
from .elementwise import NUMBERS


def cumulative(g):
    t, kind = g.choice(NUMBERS), g.choice(["sum", "prod"])
    x = g.array(t, g.shape(1, 3, 20))
    if kind == "prod" and t not in EXACT:
        x = (np.sign(wide(x)) * (0.5 + abs(wide(x)) / 8)).astype(DTYPES[t])
    axis = g.integer(-x.ndim, x.ndim - 1)
    exclusive, reverse = g.chance(0.4), g.chance(0.4)

    def run(a):
        a = np.flip(a, axis) if reverse else a
        function = np.cumsum if kind == "sum" else np.cumprod
        dtype = x.dtype if t in EXACT else np.float64
        y = function(a, axis=axis, dtype=dtype)
        if exclusive:
            first = np.full_like(np.take(y, [0], axis), kind == "prod")
            y = np.concatenate(
                [first, np.delete(y, -1, axis)], axis).astype(dtype)
        return np.flip(y, axis) if reverse else y

    words = (" exclusive" if exclusive else "") + (" reverse" if reverse else "")
    scale = None if t in EXACT else run(abs(wide(x)))
    return Case(f"dl.cumulative {kind} %0 axis {axis}{words} : {{T0}}", [(t, x)],
                run(x if t in EXACT else wide(x)), [t], scale)


def scatter(g):
    t, it = g.choice(NUMBERS), g.choice(["i32", "i64"])
    kind = g.choice(["replace", "add", "mul", "max", "min"])
    x = g.array(t, g.shape(1, 3, 12))
    n, k = x.shape[0], g.integer(1, 9)
    updates = g.array(t, [k, *x.shape[1:]])
    indices = g.rng.integers(-n - 1, n + 1, k).astype(DTYPES[it])
    y = x.copy() if t in EXACT else wide(x)
    scale = abs(wide(x))
    for i, u in zip(indices, updates if t in EXACT else wide(updates)):
        row = int(np.clip(i + n if i < 0 else i, 0, n - 1))
        function = {"replace": lambda a, b: b, "add": np.add, "mul": np.multiply,
                    "max": np.maximum, "min": np.minimum}[kind]
        with np.errstate(all="ignore"):
            y[row] = function(y[row], u)
            scale[row] = (abs(wide(u)) * scale[row] if kind == "mul"
                          else abs(wide(u)) + scale[row])
    # Sums and products are rounded to the stored type after every step.
    narrow = t in ("f16", "bf16") and kind in ("add", "mul")
    return Case(f"dl.scatter %0, %1, %2 kind {kind} : {{T0}}, {{T1}}, {{T2}}",
                [(t, x), (it, indices), (t, updates)], y, [t],
                None if t in EXACT or kind in ("replace", "max", "min")
                else scale * (2048 if narrow else 1))


def top_k(g):
    t = g.choice(NUMBERS)
    x = g.array(t, g.shape(1, 3))
    if g.chance(0.5):
        x = np.round(wide(x)).astype(DTYPES[t])  # equal elements
    if t not in EXACT and g.chance(0.3):
        x.ravel()[g.integer(0, x.size - 1)] = np.nan
    k, smallest = g.integer(0, x.shape[-1]), g.chance(0.4)
    key = wide(x)
    key = np.where(np.isnan(key), np.inf, key)
    order = np.argsort(key if smallest else -key, axis=-1, kind="stable")
    at = order[..., :k]
    dims = "x".join(["?"] * (x.ndim - 1) + [str(k)])
    return Case(f"dl.top_k %0, %k{' smallest' if smallest else ''} : {{T0}} to "
                f"tensor<{dims}x{t}>, tensor<{dims}xi64>", [(t, x)],
                [exact(t, np.take_along_axis(x, at, -1)), at], [t, "i64"],
                setup=f"%k = arith.constant {k} : index\n")


def argsort(g):
    t = g.choice(NUMBERS)
    x = g.array(t, [g.integer(1, 40), g.integer(1, 3)])
    if g.chance(0.7):
        x = np.round(wide(x)).astype(DTYPES[t])  # equal rows
    if t not in EXACT and g.chance(0.3):
        x.ravel()[g.integer(0, x.size - 1)] = np.nan
    # NumPy also sorts NaN to the end; the last key of lexsort is the primary one.
    key = x if t in EXACT else wide(x)
    return Case("dl.argsort %0 : {T0}", [(t, x)],
                np.lexsort([key[:, j] for j in reversed(range(x.shape[1]))]), ["i64"])


def nonzero(g):
    x = g.array("i1", g.shape(1, 4))
    return Case("dl.nonzero %0 : {T0}", [("i1", x)], np.array(np.nonzero(x)),
                ["i64"])


def non_max_suppression(g):
    images, classes, n = g.integer(1, 2), g.integer(1, 3), g.integer(1, 30)
    boxes = g.array("f32", [images, n, 4], 0, 1)
    scores = g.array("f32", [images, classes, n], 0, 1)
    most, overlap, least = g.integer(0, 9), 0.3, 0.2
    centered = g.chance(0.4)
    rows = []

    def corners(b):
        b = wide(b)
        if centered:
            return [b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2,
                    b[1] + b[3] / 2]
        return [min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]),
                max(b[1], b[3])]

    def ratio(a, b):
        a, b = corners(a), corners(b)
        shared = (max(0, min(a[2], b[2]) - max(a[0], b[0])) *
                  max(0, min(a[3], b[3]) - max(a[1], b[1])))
        area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
        return shared / (area(a) + area(b) - shared)

    for i in range(images):
        for c in range(classes):
            taken = []
            for j in np.argsort(-scores[i, c], kind="stable"):
                if scores[i, c, j] > np.float32(least) and len(taken) < most and all(
                        ratio(boxes[i, j], boxes[i, k]) <= overlap for k in taken):
                    taken.append(j)
            rows += [[i, c, j] for j in taken]
    text = ("dl.non_max_suppression %0, %1, %most, %overlap, %least"
            f"{' centered' if centered else ''} : {{T0}}, {{T1}}")
    return Case(text, [("f32", boxes), ("f32", scores)],
                np.array(rows, np.int64).reshape(-1, 3), ["i64"],
                setup=f"%most = arith.constant {most} : i64\n"
                      f"%overlap = arith.constant {overlap} : f32\n"
                      f"%least = arith.constant {least} : f32\n")


def roi_align(g):
    t = g.choice(["f32", "f64"])
    n, h, w, c = g.integer(1, 2), g.integer(2, 9), g.integer(2, 9), g.integer(1, 9)
    x = g.array(t, [n, h, w, c])
    r, scale = g.integer(1, 4), g.choice([0.5, 1.0])
    corner = g.rng.uniform(-1, max(h, w), (r, 2))
    rois = np.concatenate([corner, corner + g.rng.uniform(0.5, 6, (r, 2))],
                          1).astype(DTYPES[t])
    images = g.rng.integers(0, n, r)
    size, ratio = [g.integer(1, 3), g.integer(1, 3)], g.integer(0, 3)
    kind, half = g.choice(["avg", "max"]), g.chance(0.5)
    y = np.zeros([r, *size, c])

    def parts(at):
        """Weights and values of the four elements around a position."""
        if not (-1 <= at[0] <= h and -1 <= at[1] <= w):
            return [np.zeros(c)]
        places = []
        for value, extent in zip(at, (h, w)):
            value = min(max(value, 0), extent - 1)
            low = int(value)
            places.append([(low, 1 - (value - low)),
                           (min(low + 1, extent - 1), value - low)])
        return [a * b * wide(x[image, i, j])
                for i, a in places[0] for j, b in places[1]]

    for k, image in enumerate(images):
        box = wide(rois[k]) * scale - (0.5 if half else 0)
        for i in range(size[0]):
            for j in range(size[1]):
                samples, begin, cell, counts = [], [], [], []
                for axis, place in ((1, i), (0, j)):
                    extent = box[axis + 2] - box[axis]
                    extent = extent if half else max(extent, 1)
                    cell.append(extent / size[1 - axis])
                    begin.append(box[axis] + place * cell[-1])
                    count = ratio or max(int(np.ceil(cell[-1])), 1)
                    counts.append(ratio or min(count, (h, w)[1 - axis] + 1))
                for a in range(counts[0]):
                    for b in range(counts[1]):
                        samples.append(parts([
                            begin[0] + (a + 0.5) * cell[0] / counts[0],
                            begin[1] + (b + 0.5) * cell[1] / counts[1]]))
                if kind == "avg":
                    y[k, i, j] = np.mean([np.sum(s, 0) for s in samples], 0)
                else:
                    y[k, i, j] = np.max([np.max(s, 0) for s in samples], 0)
    words = (f" size [{size[0]}, {size[1]}] sampling_ratio {ratio} scale {scale}"
             f" kind {kind}{' half_pixel' if half else ''}")
    # The position between elements is as accurate as the coordinates.
    return Case(f"dl.roi_align %0, %1, %2{words} : {{T0}}, {{T1}}, {{T2}}",
                [(t, x), (t, rois), ("i64", images)], y, [t],
                np.full(y.shape, 16.0))


OPS = {
    "cumulative": cumulative,
    "scatter": scatter,
    "top_k": top_k,
    "argsort": argsort,
    "nonzero": nonzero,
    "non_max_suppression": non_max_suppression,
    "roi_align": roi_align,
}
