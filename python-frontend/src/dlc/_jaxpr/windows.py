# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions and windowed reductions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive
from .extents import is_number
from .products import JOINS, join_of
from .refusals import refuses
from .shapes import padded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .emission import Emission


def _spread(f: Emission, x: ir.Value, padding: Sequence[tuple[Any, Any]],
            dilation: Sequence[int], number: float) -> tuple[ir.Value, list[tuple[int, int]]]:
    """Applies what the op of dl does not support: elements in between, and padding that is not
    known or is negative. Returns x and the remaining padding."""
    now, left = [], []
    for (low, high), step in zip(padding, dilation):
        apart = step != 1 or not is_number(low) or not is_number(high) or low < 0 or high < 0
        now.append((low, high, step - 1) if apart else (0, 0, 0))
        left.append((0, 0) if apart else (int(low), int(high)))
    return padded(f, x, now, f.m.constant(np.array(number, x.dtype)), number), left


@refuses("conv_general_dilated")
def _cannot_convolve(eqn: Any) -> str | None:
    rank = len(eqn.outvars[0].aval.shape) - 2
    if rank > 3:
        return f"a convolution of {rank} dimensions, dlc has up to 3"
    if np.dtype(eqn.invars[0].aval.dtype).kind in "iu":
        return "a convolution of integers; convert them to float32"
    return None


@primitive("conv_general_dilated")
def convolution(f: Emission, eqn: Any, x: ir.Value, w: ir.Value) -> ir.Value:
    p = eqn.params
    numbers, kind = p["dimension_numbers"], ir.element_of(eqn.outvars[0].aval.dtype)
    x, w = f.e.cast(x, kind), f.e.cast(w, kind)
    x = f.e.transpose(x, [numbers.lhs_spec[0], *numbers.lhs_spec[2:], numbers.lhs_spec[1]])
    w = f.e.transpose(w, [*numbers.rhs_spec[2:], numbers.rhs_spec[1], numbers.rhs_spec[0]])
    rank, groups = x.rank - 2, p["feature_group_count"]
    if p["batch_group_count"] != 1:
        x, groups = _batches_as_channels(f, x, p["batch_group_count"]), p["batch_group_count"]
    x, padding = _spread(f, x, [(0, 0), *p["padding"], (0, 0)], [1, *p["lhs_dilation"], 1], 0.0)
    if rank == 0:  # a product, in a window of one
        x, w = f.e.unsqueeze(x, 1), f.e.unsqueeze(w, 0)
    words = {} if rank == 0 else {
        "strides": list(p["window_strides"]), "dilations": list(p["rhs_dilation"]),
        "padding": [q[k] for k in (0, 1) for q in padding[1:-1]]}
    y = dl.conv(x, w, groups=groups, **words)
    y = f.e.squeeze(y, 1) if rank == 0 else y
    order = [0] * y.rank
    for at, d in enumerate([numbers.out_spec[0], *numbers.out_spec[2:], numbers.out_spec[1]]):
        order[d] = at
    return f.e.transpose(y, order)


def _batches_as_channels(f: Emission, x: ir.Value, count: int) -> ir.Value:
    """`[g n, spatial..., c]` as `[n, spatial..., g c]`: groups of the batch, each with filters of
    its own, become groups of channels."""
    extents = f.e.extents(x)
    x = f.e.reshape(x, [count, -1, *extents[1:]])
    x = f.e.transpose(x, [1, *range(2, x.rank - 1), 0, x.rank - 1])
    shape = f.e.extents(x)
    return f.e.reshape(x, [*shape[:-2], f.e.product(shape[-2:])])


@primitive("reduce_window_max", "reduce_window_min", "reduce_window_sum", "reduce_window")
def reduce_window(f: Emission, eqn: Any, x: ir.Value, *initial: ir.Value) -> ir.Value:
    p, name = eqn.params, str(eqn.primitive)
    kind = join_of(eqn) if name == "reduce_window" else {
        "sum": "add"}.get(name[14:], name[14:])
    assert kind  # refused before
    moved = [d for d in range(x.rank) if p["window_dimensions"][d] != 1
             or p["window_strides"][d] != 1 or tuple(p["padding"][d]) != (0, 0)]
    neutral = {"add": 0.0, "mul": 1.0, "or": 0.0, "and": 1.0}.get(kind)
    if neutral is None:
        neutral = _extreme(x.element, lowest=kind == "max")
    x, padding = _spread(f, x, p["padding"], p["base_dilation"], neutral)
    if x.element[0] in "fb" and kind in ("max", "add") and len(moved) <= 3:
        y = _pooled(f, x, kind, moved, p, padding)
    else:
        y = _slid(f, x, JOINS[kind][1], p, padding, neutral)
    if initial:
        y = f.m.op(JOINS[kind][1], y, initial[0])
    return y


def _extreme(kind: str, lowest: bool) -> float:
    if kind[0] in "fb":
        return -np.inf if lowest else np.inf
    limits = np.iinfo(ir._DTYPES[kind])
    return int(limits.min if lowest else limits.max)


def _slid(f: Emission, x: ir.Value, join: str, p: Any, padding: Sequence[tuple[int, int]],
          neutral: float) -> ir.Value:
    """Reduces one dimension after another, with one strided slice per position in the window."""
    x = padded(f, x, [(*q, 0) for q in padding], f.m.constant(np.array(neutral, x.dtype)), neutral)
    for axis in range(x.rank):
        size, step, apart = (p[k][axis] for k in ("window_dimensions", "window_strides",
                                                  "window_dilation"))
        if size == 1 and step == 1:
            continue
        y: ir.Value | None = None
        for at in range(size):
            last = -(size - 1 - at) * apart
            part = f.e.slice(x, axis, at * apart, last or None, step)
            y = part if y is None else f.m.op(join, y, part)
        assert y is not None  # windows are not empty
        x = y
    return x


def _pooled(f: Emission, x: ir.Value, kind: str, moved: Sequence[int], p: Any,
            padding: Sequence[tuple[int, int]]) -> ir.Value:
    # Pools have the batch first and channels last: dimensions without a window go there.
    still = [d for d in range(x.rank) if d not in moved]
    if not moved:
        return x
    order = [*still[:1], *moved, *still[1:]]
    shape = [f.e.extent(x, d) for d in order]
    y = f.e.transpose(x, order)
    lead = shape[:1] if still else [1]
    spatial = shape[len(still[:1]):len(still[:1]) + len(moved)]
    y = f.e.reshape(y, [*lead, *spatial, f.e.product([f.e.extent(x, d) for d in still[1:]])])
    window = [p["window_dimensions"][d] for d in moved]
    words = {"window": window, "strides": [p["window_strides"][d] for d in moved],
             "dilations": [p["window_dilation"][d] for d in moved],
             "padding": [padding[d][k] for k in (0, 1) for d in moved]}
    if kind == "max":
        y = dl.max_pool(y, **words)
    else:
        y = dl.avg_pool(y, count_padding=True, **words) * float(np.prod(window))
    out = [f.e.extent(y, d + 1) for d in range(len(moved))]
    y = f.e.reshape(y, [*(lead if still else []), *out, *[f.e.extent(x, d) for d in still[1:]]])
    return f.e.transpose(y, [order.index(d) for d in range(x.rank)])


@refuses("select_and_scatter_add")
def _cannot_scatter(eqn: Any) -> str | None:
    is_max = str(eqn.params["select_prim"]) == "ge" and np.dtype(
        eqn.invars[1].aval.dtype).kind == "f"
    windows = [d for d, s in enumerate(eqn.params["window_dimensions"]) if s != 1]
    return None if is_max and len(windows) <= 3 else \
        "the derivative of a window of other than the largest of floats, along up to 3 dimensions"


@primitive("select_and_scatter_add")
def select_and_scatter_add(f: Emission, eqn: Any, source: ir.Value, x: ir.Value) -> ir.Value:
    """The derivative of a windowed maximum: each goes to the first position that attains it."""
    p = eqn.params
    moved = [d for d in range(x.rank) if p["window_dimensions"][d] != 1
             or p["window_strides"][d] != 1 or tuple(p["padding"][d]) != (0, 0)]
    still = [d for d in range(x.rank) if d not in moved]
    order = [*still, *moved]
    shape = [f.e.extent(x, d) for d in order]
    lead, inner = f.e.product(shape[:len(still)]), f.e.product(shape[len(still):])
    flat = f.e.reshape(f.e.transpose(x, order), [lead, *shape[len(still):], 1])
    places = dl.arg_max_pool(flat, window=[p["window_dimensions"][d] for d in moved],
                             strides=[p["window_strides"][d] for d in moved],
                             padding=[int(p["padding"][d][k]) for k in (0, 1) for d in moved])
    rows = f.e.reshape(f.line(lead), [lead, *[1] * (places.rank - 1)])
    places = f.e.reshape(places + rows * f.scalar(inner, "i64"), [-1])
    y = dl.scatter(f.e.full([f.e.product([lead, inner])], 0, x.element), places,
                   f.e.reshape(f.e.transpose(source, order), [-1]), kind="add")
    back = [order.index(d) for d in range(x.rank)]
    return f.e.transpose(f.e.reshape(y, shape), back)
