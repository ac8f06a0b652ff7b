# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random convolutions and poolings."""

import numpy as np

import reference as ref
from .base import Case, wide


def window_attributes(g, rank, spatial, kernel, pooling=False, longest=3):
    strides = [g.integer(1, longest) for _ in range(rank)]
    dilations = [g.integer(1, 2) if g.chance(0.4) else 1 for _ in range(rank)]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    parts = f" strides [{', '.join(map(str, strides))}]"
    if any(d > 1 for d in dilations):
        parts += f" dilations [{', '.join(map(str, dilations))}]"
    kind = g.choice(["valid", "same", "same_lower", "explicit", "explicit"])
    padding = kind
    if kind == "explicit":
        limit = [r - 1 if pooling else 3 for r in reach]
        low = [g.integer(0, min(m, 3)) for m in limit]
        high = [g.integer(0, min(m, 3)) for m in limit]
        padding = (low, high)
        parts += (f" padding [{', '.join(map(str, low))}] to "
                  f"[{', '.join(map(str, high))}]")
    else:
        parts += f" padding {kind}"
    fits = kind in ("same", "same_lower") or all(
        e + (padding[0][d] + padding[1][d] if kind == "explicit" else 0) >= r
        for d, (e, r) in enumerate(zip(spatial, reach)))
    return strides, dilations, padding, parts, fits


def image(g, rank):
    most = {1: 20, 2: 9, 3: 5}[rank]
    return [g.integer(1, most) for _ in range(rank)]


def conv(g, transposed=False):
    while True:
        t, rank = g.float_type(), g.integer(1, 3)
        spatial = image(g, rank)
        kernel = [g.integer(1, 4) for _ in range(rank)]
        groups = g.choice([1, 1, 1, 2, 3])
        cg, fg = g.integer(1, 5), g.integer(1, 20 if groups == 1 else 4)
        if groups > 1 and g.chance(0.5):
            cg, groups = 1, g.integer(2, 19)
        c, f = cg * groups, fg * groups
        # Transposed convolutions with large strides are computed differently.
        longest = 7 if transposed and rank == 2 and g.chance(0.3) else 3
        strides, dilations, padding, parts, fits = window_attributes(
            g, rank, spatial, kernel, longest=longest)
        if not fits:
            continue
        x = g.array(t, [g.integer(1, 3), *spatial, c])
        w = g.array(t, kernel + ([fg, c] if transposed else [cg, f]))
        extra = [0] * rank
        if transposed:
            if padding not in ("same", "same_lower", "valid"):
                out = [(n - 1) * s - lo - hi + (k - 1) * d + 1
                       for n, s, k, d, lo, hi in zip(
                           spatial, strides, kernel, dilations, *padding)]
                if min(out) < 1:
                    continue
            if isinstance(padding, tuple) or padding == "valid":
                extra = [g.integer(0, s - 1) for s in strides]
                parts += f" output_padding [{', '.join(map(str, extra))}]"
        break
    name = "conv_transpose" if transposed else "conv"
    inputs, text, types = [(t, x), (t, w)], f"dl.{name} %0, %1", "{T0}, {T1}"
    b = None
    if g.chance(0.6):
        b = g.array(t, [f])
        inputs.append((t, b))
        text, types = text + ", %2", types + ", {T2}"
    if groups > 1:
        parts = f" groups {groups}" + parts

    def run(x, w, b):
        if transposed:
            return ref.conv_transpose(x, w, b, strides, dilations, padding,
                                      groups, extra)
        return ref.conv(x, w, b, strides, dilations, padding, groups)
    wb = None if b is None else wide(b)
    fixed = {(1, d) for d in range(rank + 2)}
    if transposed:
        # Padding of the result with unknown extents is tested elsewhere.
        fixed |= {(0, d) for d in range(1, rank + 2)}
    if groups > 1:
        fixed |= {(0, rank + 1)}
    return Case(f"{text}{parts} : {types}", inputs, run(wide(x), wide(w), wb),
                [t], run(abs(wide(x)), abs(wide(w)), None if b is None else abs(wb)),
                fixed=fixed)


def pool(kind):
    def make(g):
        while True:
            t, rank = g.float_type(), g.integer(1, 3)
            spatial = image(g, rank)
            kernel = [g.integer(1, 3) for _ in range(rank)]
            strides, dilations, padding, parts, fits = window_attributes(
                g, rank, spatial, kernel, pooling=True)
            ceil_mode = g.chance(0.4)
            if not fits:
                continue
            if ceil_mode:
                parts += " ceil_mode"
            actual = kind
            if kind == "avg" and g.chance(0.4):
                parts += " count_padding"
                actual = "avg_padded"
            x = g.array(t, [g.integer(1, 3), *spatial, g.integer(1, 40)])
            with np.errstate(all="ignore"):
                try:
                    y = ref.pool(wide(x), kernel, strides, dilations, padding,
                                 ceil_mode, actual)
                except ValueError:  # a window with only padding, because of dilation
                    continue
            if not np.isfinite(y).all():
                continue
            scale = None
            if kind != "max":
                scale = ref.pool(abs(wide(x)), kernel, strides, dilations,
                                 padding, ceil_mode, actual)
            return Case(f"dl.{kind}_pool %0 window "
                        f"[{', '.join(map(str, kernel))}]{parts} : {{T0}}",
                        [(t, x)], y, [t], scale)
    return make


def global_pool(kind):
    def make(g):
        t = g.float_type()
        x = g.array(t, [g.integer(1, 3), *image(g, g.integer(1, 3)),
                        g.integer(1, 40)])
        axes = tuple(range(1, x.ndim - 1))
        function = np.max if kind == "max" else np.mean
        y = function(wide(x), axis=axes, keepdims=True)
        scale = None if kind == "max" else abs(wide(x)).mean(axis=axes,
                                                             keepdims=True)
        return Case(f"dl.global_{kind}_pool %0 : {{T0}}", [(t, x)], y, [t], scale)
    return make

def arg_max_pool(g):
    while True:
        t, rank = g.choice(["f32", "f64"]), g.integer(1, 2)
        spatial = image(g, rank)
        kernel = [g.integer(1, 3) for _ in range(rank)]
        strides = [g.integer(1, 3) for _ in range(rank)]
        pads = [g.integer(0, k - 1) for k in kernel]
        if any(e + p < k for e, k, p in zip(spatial, kernel, pads)):
            continue
        break
    x = g.array(t, [g.integer(1, 2), *spatial, g.integer(1, 9)])
    if g.chance(0.5):
        x = np.round(x)  # equal elements: the first wins
    out = [(e + 2 * p - k) // s + 1
           for e, k, s, p in zip(spatial, kernel, strides, pads)]
    y = np.zeros([x.shape[0], *out, x.shape[-1]], np.int64)
    for n in range(x.shape[0]):
        for place in np.ndindex(*out):
            for c in range(x.shape[-1]):
                best = None
                for offset in np.ndindex(*kernel):
                    at = tuple(q * s - p + o for q, s, p, o in
                               zip(place, strides, pads, offset))
                    if any(a < 0 or a >= e for a, e in zip(at, spatial)):
                        continue
                    value = x[(n, *at, c)]
                    if best is None or value > best[0]:
                        best = value, int(np.ravel_multi_index(at, spatial))
                y[(n, *place, c)] = best[1]
    show = lambda v: "[" + ", ".join(map(str, v)) + "]"
    return Case(f"dl.arg_max_pool %0 window {show(kernel)} strides {show(strides)} "
                f"padding {show(pads)} : {{T0}}", [(t, x)], y, ["i64"])


OPS = {
    "conv": conv,
    "conv_transpose": lambda g: conv(g, True),
    "max_pool": pool("max"),
    "avg_pool": pool("avg"),
    "global_max_pool": global_pool("max"),
    "global_avg_pool": global_pool("avg"),
    "arg_max_pool": arg_max_pool,
}
