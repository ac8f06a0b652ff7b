# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random ops that move elements."""

import numpy as np

import reference as ref
from .base import ANY, Case, DTYPES, exact, wide
from .elementwise import NUMBERS
from .windows import image


def factorize(g, count):
    shape = []
    while count > 1 and len(shape) < 3:
        divisors = [d for d in range(1, count + 1) if count % d == 0]
        shape.append(g.choice(divisors))
        count //= shape[-1]
    return shape + [count] if count > 1 or not shape else shape


def reshape(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(0, 4))
    to = factorize(g, x.size) if g.chance(0.9) or x.size > 1 else []
    shown = [str(e) for e in to]
    if to and g.chance(0.3):
        shown[g.integer(0, len(to) - 1)] = "?"
    target = "tensor<" + "x".join(shown + [t]) + ">"
    return Case(f"dl.reshape %0 : {{T0}} to {target}", [(t, x)],
                exact(t, x.reshape(to)), [t])


def barrier(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(0, 4))
    return Case("dl.barrier %0 : {T0}", [(t, x)], exact(t, x), [t])


def flatten(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(0, x.ndim)
    y = x.reshape(*x.shape[:axis], -1)
    return Case(f"dl.flatten %0 axis {axis} : {{T0}}", [(t, x)], exact(t, y), [t])


def transpose(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    p = [int(v) for v in g.rng.permutation(x.ndim)]
    return Case(f"dl.transpose %0 {p} : {{T0}}", [(t, x)],
                exact(t, np.transpose(x, p)), [t])


def concat(g):
    t, shape = g.choice(ANY), g.shape(1, 4)
    axis = g.integer(-len(shape), len(shape) - 1)
    arrays = []
    for _ in range(g.integer(1, 4)):
        part = list(shape)
        part[axis] = g.integer(1, 9)
        arrays.append(g.array(t, part))
    names = ", ".join(f"%{i}" for i in range(len(arrays)))
    types = ", ".join(f"{{T{i}}}" for i in range(len(arrays)))
    return Case(f"dl.concat {names} axis {axis} : {types}",
                [(t, a) for a in arrays],
                exact(t, np.concatenate(arrays, axis)), [t])


def slice_(g):
    while True:
        t = g.choice(ANY)
        x = g.array(t, g.shape(1, 4))
        starts, ends, steps, index = [], [], [], []
        for e in x.shape:
            step = g.choice([1, 1, 1, 2, 3, -1, -2])
            start, end = g.integer(-e - 1, e), g.integer(-e - 1, e + 1)
            if g.chance(0.2):
                end = (2**63 - 1) if step > 0 else -2**63
            starts.append(start), ends.append(end), steps.append(step)
            index.append(slice(start, None if end == -2**63 else end, step))
        y = x[tuple(index)]
        if y.size:
            break
    return Case(f"dl.slice %0 {starts} to {ends} steps {steps} : {{T0}}",
                [(t, x)], exact(t, y), [t])


def split(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(-x.ndim, x.ndim - 1)
    sizes, left = [], x.shape[axis]
    while left:
        sizes.append(g.integer(1, left))
        left -= sizes[-1]
    parts = np.split(x, np.cumsum(sizes)[:-1], axis)
    return Case(f"dl.split %0 axis {axis} sizes {sizes} : {{T0}}", [(t, x)],
                [exact(t, p) for p in parts], [t] * len(parts))


def pad(g):
    t = g.choice(["f32", "f64", "f16", "i32", "i64"])
    x = g.array(t, g.shape(1, 4))
    mode = g.choice(["constant", "edge", "reflect", "wrap"])
    limit = [{"constant": 4, "edge": 4, "reflect": e - 1, "wrap": e}[mode]
             for e in x.shape]
    low = [g.integer(0, min(m, 4)) for m in limit]
    high = [g.integer(0, min(m, 4)) for m in limit]
    parts, more = "", {}
    if mode == "constant":
        value = g.integer(-3, 3)
        parts, more = f" value {value}.0", {"constant_values": value}
    y = np.pad(x, list(zip(low, high)), mode=mode, **more)
    return Case(f"dl.pad %0 low {low} high {high} mode {mode}{parts} : {{T0}}",
                [(t, x)], exact(t, y), [t])


def gather(g):
    t, it = g.choice(ANY), g.choice(["i32", "i64"])
    x = g.array(t, g.shape(1, 3))
    axis = g.integer(-x.ndim, x.ndim - 1)
    e = x.shape[axis]
    indices = g.rng.integers(-e - 2, e + 2, g.shape(0, 2, 9)).astype(DTYPES[it])
    at = np.clip(np.where(indices < 0, indices + e, indices), 0, e - 1)
    return Case(f"dl.gather %0, %1 axis {axis} : {{T0}}, {{T1}}",
                [(t, x), (it, indices)], exact(t, np.take(x, at, axis)), [t])


def upsample(g):
    t, rank = g.float_type(), g.integer(1, 3)
    x = g.array(t, [g.integer(1, 3), *image(g, rank), g.integer(1, 20)])
    scales = [g.integer(1, 4) for _ in range(rank)]
    return Case(f"dl.upsample %0 by {scales} : {{T0}}", [(t, x)],
                wide(ref.upsample(x, scales)), [t])

def broadcast(g):
    t = g.choice(ANY)
    full = g.shape(1, 4)
    shape = [1 if g.chance(0.3) else e for e in full[g.integer(0, len(full)):]]
    x = g.array(t, shape)
    shown, setup, names = [], "", []
    for d, e in enumerate(full):
        if g.chance(0.3):
            setup += f"%n{d} = arith.constant {e} : index\n"
            names.append(f"%n{d}")
            shown.append("?")
        else:
            shown.append(str(e))
    extents = f" [{', '.join(names)}]" if names else ""
    target = "tensor<" + "x".join([*shown, t]) + ">"
    return Case(f"dl.broadcast %0{extents} : {{T0}} to {target}", [(t, x)],
                exact(t, np.broadcast_to(x, full)), [t], setup=setup,
                fixed={(0, d) for d in range(x.ndim)})


def iota(g):
    t = g.choice(NUMBERS)
    shape = g.shape(1, 3, 100 if t == "i8" else 40)
    axis = g.integer(0, len(shape) - 1)
    along = np.arange(shape[axis]).reshape(
        [-1 if d == axis else 1 for d in range(len(shape))])
    y = np.broadcast_to(along, shape).astype(DTYPES[t])
    target = "tensor<" + "x".join([*map(str, shape), t]) + ">"
    return Case(f"dl.iota axis {axis} : {target}", [], exact(t, y), [t])


OPS = {
    "reshape": reshape,
    "barrier": barrier,
    "flatten": flatten,
    "transpose": transpose,
    "concat": concat,
    "slice": slice_,
    "split": split,
    "pad": pad,
    "gather": gather,
    "upsample": upsample,
    "broadcast": broadcast,
    "iota": iota,
}
