# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Primitives that move elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .emission import is_key, primitive
from .extents import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._emit.emitter import Extent
    from .emission import Emission


@primitive("broadcast_in_dim")
def broadcast_in_dim(f: Emission, eqn: Any, x: ir.Value, *_: Any) -> ir.Value:
    shape, places = list(eqn.params["shape"]), list(eqn.params["broadcast_dimensions"])
    if is_key(eqn.outvars[0].aval):
        places.append(len(shape))
        shape.append(2)
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
    shape = f.shape(eqn.outvars[0].aval)
    free = [i for i, s in enumerate(shape) if not is_number(s)]
    if len(free) <= 1:
        return f.e.reshape(x, [-1 if i in free else int(s) for i, s in enumerate(shape)])
    return f.e.reshape(x, f.extents(shape))


@primitive("squeeze")
def squeeze(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    gone = {d % len(eqn.invars[0].aval.shape) for d in eqn.params["dimensions"]}
    return f.e.reshape(x, [f.e.extent(x, d) for d in range(x.rank) if d not in gone])


@primitive("expand_dims")
def expand_dims(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    rank = len(eqn.outvars[0].aval.shape)
    new, old = {d % rank for d in eqn.params["dimensions"]}, iter(range(x.rank))
    return f.e.reshape(x, [1 if d in new else f.e.extent(x, next(old)) for d in range(rank)])


@primitive("transpose")
def transpose(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    order = list(eqn.params["permutation"])
    return f.e.transpose(x, order + list(range(len(order), x.rank)))


@primitive("concatenate")
def concatenate(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value:
    return dl.concat(list(values), axis=eqn.params["dimension"])


@primitive("stack")
def stack(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value:
    axis = eqn.params.get("axis", eqn.params.get("dimension", 0))
    return dl.concat([f.e.unsqueeze(v, axis) for v in values], axis=axis)


@primitive("tile")
def tile(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    extents = f.e.extents(x)
    for d, times in enumerate(f.extents(eqn.params["reps"])):
        if times != 1:
            x = f.e.broadcast(f.e.unsqueeze(x, d), [*extents[:d], times, *extents[d:]])
            extents[d] = f.e.product([times, extents[d]])
            x = f.e.reshape(x, extents)
    return x


@primitive("rev")
def rev(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    for axis in eqn.params["dimensions"]:
        x = f.e.slice(x, axis, -1, None, -1)
    return x


def cut(f: Emission, x: ir.Value, axis: int, whole: Any, start: Any, end: Any, step: int = 1,
        count: Any = None) -> ir.Value:
    """Positions `start` to before `end` of a dimension; both may depend on free extents. whole: the
    extent of the dimension; count: the number of positions."""
    if is_number(start):
        left = end if is_number(end) else end - whole
        if is_number(left):  # relative to one of the ends
            left = None if left == (whole if is_number(end) else 0) else int(left)
            if start == 0 and left is None and step == 1 or left == whole == 0:
                return x
            return f.e.slice(x, axis, int(start), left, step)
    elif is_number(start - whole) and is_number(end - whole):
        last = int(end - whole)
        return f.e.slice(x, axis, int(start - whole), last if last < 0 else None, step)
    count = -((start - end) // step) if count is None else count
    places = f.line(f.extent(count))
    places = places * f.m.constant(step, "i64") + f.scalar(f.extent(start), "i64")
    return dl.gather(x, places, axis=axis)


@primitive("slice")
def slice_(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    starts, ends = eqn.params["start_indices"], eqn.params["limit_indices"]
    steps = eqn.params["strides"] or [1] * len(starts)
    extents, counts = eqn.invars[0].aval.shape, eqn.outvars[0].aval.shape
    for axis, (start, end, step) in enumerate(zip(starts, ends, steps)):
        x = cut(f, x, axis, extents[axis], start, end, int(step), counts[axis])
    return x


@primitive("split")
def split(f: Emission, eqn: Any, x: ir.Value) -> list[ir.Value]:
    axis, parts = eqn.params["axis"], []
    at: Any = 0
    for size in eqn.params["sizes"]:
        parts.append(cut(f, x, axis, eqn.invars[0].aval.shape[axis], at, at + size, count=size))
        at = at + size
    return parts


def between(f: Emission, x: ir.Value, axis: int, inner: int, value: ir.Value) -> ir.Value:
    """x with `inner` elements of one value inserted between those of a dimension."""
    extents = f.e.extents(x)
    narrow = f.e.unsqueeze(x, axis + 1)
    filling = f.e.broadcast(value, [*extents[:axis + 1], inner, *extents[axis + 1:]])
    x = dl.concat([narrow, filling], axis=axis + 1)
    x = f.e.reshape(x, [*extents[:axis], f.e.product([extents[axis], inner + 1]),
                        *extents[axis + 1:]])
    return f.e.slice(x, axis, 0, -inner)


def padded(f: Emission, x: ir.Value, config: Sequence[tuple[Any, Any, int]],
           value: ir.Value, number: float | None) -> ir.Value:
    """x padded with a value, also between elements. config: (before, after, between) per dimension,
    negative where elements are removed; number: the value, if it is known."""
    simple = number is not None and x.element != "i1" and all(
        is_number(low) and is_number(high) for low, high, _ in config)
    for axis, (_, _, inner) in enumerate(config):
        if inner:
            x = between(f, x, axis, int(inner), value)
    for axis, (low, high, _) in enumerate(config):
        if is_number(low) and low < 0 or is_number(high) and high < 0:
            x = f.e.slice(x, axis, max(-low, 0) if is_number(low) else 0,
                          high if is_number(high) and high < 0 else None)
    if simple:
        low, high = ([max(int(p[k]), 0) for p in config] for k in (0, 1))
        return dl.pad(x, low=low, high=high, value=number) if any(low + high) else x
    for axis, (low, high, _) in enumerate(config):
        parts = [x]
        for at, size in ((0, low), (len(parts) + 1, high)):
            if is_number(size) and size <= 0:
                continue
            extents = f.e.extents(x)
            extents[axis] = f.extent(size)
            parts.insert(at, f.e.broadcast(value, extents))
        x = dl.concat(parts, axis=axis) if len(parts) > 1 else x
    return x


@primitive("pad")
def pad(f: Emission, eqn: Any, x: ir.Value, value: ir.Value) -> ir.Value:
    number = eqn.invars[1]
    return padded(f, x, eqn.params["padding_config"], value,
                  float(number.val) if hasattr(number, "val") else None)


@primitive("iota")
def iota(f: Emission, eqn: Any, *_: Any) -> ir.Value:
    # 0, 1, ... along a dimension; all extents but the free one are known.
    shape, axis = eqn.params["shape"], eqn.params["dimension"]
    kind = ir.element_of(eqn.params["dtype"])
    extents = f.extents(shape)
    known = [e if isinstance(e, int) else None for e in extents]
    y = f.m.op("dl.iota", [e for e in extents if not isinstance(e, int)], axis=axis,
               types=[ir.type_of(known, "i64")])
    return f.e.cast(y, kind)
