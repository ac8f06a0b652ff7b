"""Reductions, products and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .._emit.attention import einsum
from .emission import primitive

if TYPE_CHECKING:
    from typing import Any

    from .emission import Emission


def _reduction(name: str, op: str) -> None:
    @primitive(name)
    def emit(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
        axes = list(eqn.params["axes"])
        return f.m.op(op, x, axes=axes) if axes else x


for _name, _op in (("reduce_sum", "dl.reduce_sum"), ("reduce_max", "dl.reduce_max"),
                   ("reduce_min", "dl.reduce_min"), ("reduce_prod", "dl.reduce_prod")):
    _reduction(_name, _op)


@primitive("reduce_and", "reduce_or")
def reduce_logical(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    op = "dl.reduce_min" if str(eqn.primitive) == "reduce_and" else "dl.reduce_max"
    return f.e.cast(f.m.op(op, f.e.cast(x, "i32"), axes=list(eqn.params["axes"])), "i1")


@primitive("argmax", "argmin")
def arg(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    op = dl.arg_max if str(eqn.primitive) == "argmax" else dl.arg_min
    return f.e.cast(op(x, axis=eqn.params["axes"][0]), ir.element_of(eqn.params["index_dtype"]))


@primitive("cumsum", "cumprod")
def cumulative(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return dl.cumulative(x, kind="sum" if str(eqn.primitive) == "cumsum" else "prod",
                         axis=eqn.params["axis"], reverse=eqn.params["reverse"])


@primitive("dot_general")
def dot_general(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    (inner_a, inner_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    kind = eqn.params["preferred_element_type"]
    if kind is not None:
        a, b = f.e.cast(a, ir.element_of(kind)), f.e.cast(b, ir.element_of(kind))
    if not batch_a and b.rank == 2 and a.rank >= 2 and tuple(inner_a) == (a.rank - 1,):
        if tuple(inner_b) == (1,):
            b = dl.transpose(b, permutation=[1, 0])
        return dl.matmul(a, b)
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    first = [next(letters) for _ in range(a.rank)]
    places: list[str | None] = [None] * b.rank
    for i, j in [*zip(batch_a, batch_b), *zip(inner_a, inner_b)]:
        places[j] = first[i]
    second = [c or next(letters) for c in places]
    result = [first[i] for i in batch_a]
    result += [c for i, c in enumerate(first) if i not in batch_a and i not in inner_a]
    result += [c for j, c in enumerate(second) if j not in batch_b and j not in inner_b]
    return einsum(f.e, f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)


@primitive("conv_general_dilated")
def convolution(f: Emission, eqn: Any, x: ir.Value, w: ir.Value) -> ir.Value:
    p = eqn.params
    numbers = p["dimension_numbers"]
    if p["batch_group_count"] != 1:
        raise ir.IRError("a convolution with batch_group_count has no op of dl")
    x = f.e.transpose(x, [numbers.lhs_spec[0], *numbers.lhs_spec[2:], numbers.lhs_spec[1]])
    w = f.e.transpose(w, [*numbers.rhs_spec[2:], numbers.rhs_spec[1], numbers.rhs_spec[0]])
    low, high = [q[0] for q in p["padding"]], [q[1] for q in p["padding"]]
    rank = x.rank - 2
    if any(d != 1 for d in p["lhs_dilation"]):
        # Zeros between: the input apart, then as any other.
        for axis, stride in enumerate(p["lhs_dilation"], 1):
            if stride == 1:
                continue
            extent = f.e.extent(x, axis)
            x = f.e.unsqueeze(x, axis + 1)
            more = [0] * x.rank
            more[axis + 1] = stride - 1
            x = dl.pad(x, low=[0] * x.rank, high=more)
            shape = [f.e.extent(x, d) for d in range(x.rank)]
            x = f.e.reshape(x, [*shape[:axis], f.e.product([extent, stride]), *shape[axis + 2:]])
            x = f.e.slice(x, axis, 0, 1 - stride)
    for axis in range(rank):
        if low[axis] < 0 or high[axis] < 0:
            x = f.e.slice(x, axis + 1, max(-low[axis], 0), high[axis] if high[axis] < 0 else None)
    y = dl.conv(x, w, strides=list(p["window_strides"]), dilations=list(p["rhs_dilation"]),
                groups=p["feature_group_count"],
                padding=[max(v, 0) for v in [*low, *high]])
    order = [0] * y.rank
    for at, d in enumerate([numbers.out_spec[0], *numbers.out_spec[2:], numbers.out_spec[1]]):
        order[d] = at
    return f.e.transpose(y, order)


@primitive("reduce_window_max", "reduce_window_sum", "reduce_window")
def reduce_window(f: Emission, eqn: Any, x: ir.Value, *initial: ir.Value) -> ir.Value:
    p = eqn.params
    name = str(eqn.primitive)
    if name == "reduce_window":
        inner = [str(q.primitive) for q in p["jaxpr"].eqns]
        name = {"max": "reduce_window_max", "add": "reduce_window_sum"}.get(
            inner[0] if len(inner) == 1 else "", "")
        if not name:
            raise ir.IRError("reduce_window of other than max and add has no op of dl")
    window, strides = list(p["window_dimensions"]), list(p["window_strides"])
    if any(d != 1 for d in p["base_dilation"]):
        raise ir.IRError("reduce_window with base_dilation has no op of dl")
    padding, dilations = list(p["padding"]), list(p["window_dilation"])
    # Pools have the batch first and channels last: what has no window goes there.
    still = [d for d in range(x.rank) if window[d] == 1 and strides[d] == 1
             and tuple(padding[d]) == (0, 0)]
    moved = [d for d in range(x.rank) if d not in still]
    order = [*still[:1], *moved, *still[1:]]
    shape = [f.e.extent(x, d) for d in order]
    y = f.e.transpose(x, order)
    lead = shape[:1] if still else [1]
    spatial = shape[len(still[:1]):len(still[:1]) + len(moved)]
    y = f.e.reshape(y, [*lead, *spatial, f.e.product([f.e.extent(x, d) for d in still[1:]])])
    words = {"window": [window[d] for d in moved], "strides": [strides[d] for d in moved],
             "dilations": [dilations[d] for d in moved],
             "padding": [int(padding[d][0]) for d in moved] + [int(padding[d][1]) for d in moved]}
    if name == "reduce_window_max":
        y = dl.max_pool(y, **words)
    else:
        y = dl.avg_pool(y, count_padding=True, **words) * float(np.prod(words["window"]))
    out = [f.e.extent(y, d + 1) for d in range(len(moved))]
    y = f.e.reshape(y, [*(lead if still else []), *out, *[f.e.extent(x, d) for d in still[1:]]])
    back = [order.index(d) for d in range(x.rank)]
    y = f.e.transpose(y, back)
    if not initial:
        return y
    return dl.maximum(y, initial[0]) if name == "reduce_window_max" else y + initial[0]
