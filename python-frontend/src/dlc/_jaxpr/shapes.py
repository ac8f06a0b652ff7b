"""Primitives that move elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive

if TYPE_CHECKING:
    from typing import Any

    from .._emit.emitter import Extent
    from .emission import Emission


@primitive("broadcast_in_dim")
def broadcast_in_dim(f: Emission, eqn: Any, x: ir.Value, *_: Any) -> ir.Value:
    shape, places = eqn.params["shape"], eqn.params["broadcast_dimensions"]
    extents = f.extents(shape)
    narrow: list[Extent] = [1] * len(shape)
    for d, at in enumerate(places):
        narrow[at] = f.e.extent(x, d)
    if x.rank != len(shape):
        x = f.e.reshape(x, narrow)
    is_whole = all(isinstance(a, int) and isinstance(b, int) and a == b or
                   not isinstance(a, int) and not isinstance(b, int)
                   for a, b in zip(narrow, extents))
    return x if is_whole else f.e.broadcast(x, extents)


@primitive("reshape")
def reshape(f: Emission, eqn: Any, x: ir.Value, *_: Any) -> ir.Value:
    shape = eqn.params["new_sizes"]
    if all(isinstance(s, (int, np.integer)) for s in shape):
        return f.e.reshape(x, [int(s) for s in shape])
    free = [i for i, s in enumerate(shape) if not isinstance(s, (int, np.integer))]
    if len(free) == 1:
        return f.e.reshape(x, [-1 if i in free else int(s) for i, s in enumerate(shape)])
    return f.e.reshape(x, f.extents(shape))


@primitive("squeeze")
def squeeze(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    gone = {d % x.rank for d in eqn.params["dimensions"]}
    return f.e.reshape(x, [f.e.extent(x, d) for d in range(x.rank) if d not in gone])


@primitive("expand_dims")
def expand_dims(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    rank = len(eqn.outvars[0].aval.shape)
    new, old = {d % rank for d in eqn.params["dimensions"]}, iter(range(x.rank))
    return f.e.reshape(x, [1 if d in new else f.e.extent(x, next(old)) for d in range(rank)])


@primitive("transpose")
def transpose(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return f.e.transpose(x, list(eqn.params["permutation"]))


@primitive("concatenate")
def concatenate(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value:
    return dl.concat(list(values), axis=eqn.params["dimension"])


@primitive("stack")
def stack(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value:
    axis = eqn.params.get("axis", eqn.params.get("dimension", 0))
    return dl.concat([f.e.unsqueeze(v, axis) for v in values], axis=axis)


@primitive("rev")
def rev(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    for axis in eqn.params["dimensions"]:
        x = f.e.slice(x, axis, -1, None, -1)
    return x


@primitive("slice")
def slice_(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    starts, ends = eqn.params["start_indices"], eqn.params["limit_indices"]
    steps = eqn.params["strides"] or [1] * x.rank
    for axis, (start, end, step) in enumerate(zip(starts, ends, steps)):
        if not isinstance(end, (int, np.integer)):  # the free extent: to its end
            end = None
        if start or end is not None and end != x.shape[axis] or step != 1:
            x = f.e.slice(x, axis, int(start), end, int(step))
    return x


@primitive("split")
def split(f: Emission, eqn: Any, x: ir.Value) -> list[ir.Value]:
    axis, at, parts = eqn.params["axis"], 0, []
    for size in eqn.params["sizes"]:
        parts.append(f.e.slice(x, axis, at, at + size))
        at += size
    return parts


@primitive("pad")
def pad(f: Emission, eqn: Any, x: ir.Value, value: ir.Value) -> ir.Value:
    for axis, (low, high, inner) in enumerate(eqn.params["padding_config"]):
        if inner:
            raise ir.IRError("pad between elements (interior) has no op of dl")
        if low < 0 or high < 0:
            x = f.e.slice(x, axis, max(-low, 0), None if high >= 0 else high)
    low, high = ([max(int(p[k]), 0) for p in eqn.params["padding_config"]] for k in (0, 1))
    if not any(low + high):
        return x
    number = eqn.invars[1]
    if hasattr(number, "val"):
        return dl.pad(x, low=low, high=high, value=float(number.val))
    # Zeros around, then the value where they are.
    inside = dl.pad(f.e.broadcast(f.m.constant(1.0, x.element),
                                  [f.e.extent(x, d) for d in range(x.rank)]), low=low, high=high)
    return dl.select(dl.equal(inside, 1.0), dl.pad(x, low=low, high=high), value)


@primitive("iota")
def iota(f: Emission, eqn: Any, *_: Any) -> ir.Value:
    # 0, 1, ... along a dimension: known, but for the free one.
    shape, axis = eqn.params["shape"], eqn.params["dimension"]
    kind = ir.element_of(eqn.params["dtype"])
    extents = f.extents(shape)
    known = [e if isinstance(e, int) else None for e in extents]
    y = f.m.op("dl.iota", [e for e in extents if not isinstance(e, int)], axis=axis,
               types=[ir.type_of(known, "i64")])
    return f.e.cast(y, kind)


@primitive("dim_as_value")
def dim_as_value(f: Emission, eqn: Any) -> ir.Value:
    return f.scalar(f.extent(eqn.params["dim"]), ir.element_of(eqn.outvars[0].aval.dtype))
