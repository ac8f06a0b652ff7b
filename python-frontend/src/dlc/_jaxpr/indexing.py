"""Primitives that take and put what indices name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from .. import dl, ir
from .emission import primitive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .._emit.emitter import Extent
    from .emission import Emission


@primitive("gather")
def gather(f: Emission, eqn: Any, x: ir.Value, indices: ir.Value) -> ir.Value:
    numbers, sizes = eqn.params["dimension_numbers"], eqn.params["slice_sizes"]
    axes = numbers.start_index_map
    fill = eqn.params["fill_value"]
    if fill is not None and not np.isnan(fill):  # NaN is what JAX gives by itself
        raise ir.IRError("gather with a fill_value has no op of dl; clamp the indices, or select")
    whole = all(s == x.shape[d] if isinstance(s, (int, np.integer)) else x.shape[d] is None
                for d, s in enumerate(sizes) if d not in axes)
    rank = len(eqn.outvars[0].aval.shape)
    lead = indices.rank - 1
    if len(axes) == 1 and tuple(numbers.collapsed_slice_dims) == axes and whole and \
            not numbers.operand_batching_dims:
        axis = axes[0]
        at = f.e.squeeze(indices, -1)
        # dl.gather puts the indices' dimensions where the axis was.
        y = dl.gather(x, at, axis=axis)
        behind = [d for d in range(rank) if d not in numbers.offset_dims]
        if behind != list(range(axis, axis + lead)):
            order, inside, outside = [], iter(range(axis, axis + lead)), iter(
                [d for d in range(rank) if not axis <= d < axis + lead])
            for d in range(rank):
                order.append(next(outside) if d in numbers.offset_dims else next(inside))
            y = f.e.transpose(y, order)
        return y
    # Element by element, of all of x in a row.
    kept = [d for d in range(x.rank) if d not in numbers.collapsed_slice_dims
            and d not in numbers.operand_batching_dims]
    extents = {at: f.extent(sizes[d]) for at, d in zip(numbers.offset_dims, kept)}
    places, _ = _places(
        f, x, indices, rank, axes, dict(zip(kept, numbers.offset_dims)), extents,
        dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims)),
        {d: sizes[d] for d in axes})
    return dl.gather(f.e.reshape(x, [-1]), places, axis=0)


def _line(f: Emission, extent: Extent, rank: int, at: int) -> ir.Value:
    """0, 1, ... along a dimension, with extents of 1 beside it."""
    if isinstance(extent, int):
        y = f.m.constant(np.arange(extent))
    else:
        y = f.m.op("dl.iota", [extent], axis=0, types=["tensor<?xi64>"])
    return f.e.reshape(y, [extent if d == at else 1 for d in range(rank)])


def _places(f: Emission, x: ir.Value, indices: ir.Value, rank: int, axes: Sequence[int],
            windows: Mapping[int, int], extents: Mapping[int, Extent], batches: Mapping[int, int],
            clamped: Mapping[int, Any] | None = None) -> tuple[ir.Value | None, ir.Value | None]:
    """(number of each element in x, of all of x in a row; whether it is in x).

    rank: of what is asked for. axes: the dimensions of x that the vectors of indices count
    in. windows: {dimension of x: of the result} that a place has beside its start, of the
    extents {of the result: extent}. batches: {dimension of x: of indices} that go together.
    clamped: {axis: extent} of windows that are moved to be inside.
    """
    lead = [d for d in range(rank) if d not in windows.values()]
    total: ir.Value | None = None
    inside: ir.Value | None = None
    stride: Extent = 1
    for d in range(x.rank - 1, -1, -1):
        parts, extent = [], f.e.extent(x, d)
        if d in axes:
            at = axes.index(d)
            start = f.e.squeeze(f.e.slice(indices, indices.rank - 1, at, at + 1), -1)
            shape: list[Extent] = [1] * rank
            for i, at in enumerate(lead):
                shape[at] = f.e.extent(start, i)
            start = f.e.cast(f.e.reshape(start, shape), "i64")
            last = f.scalar(extent, "i64")
            if clamped:
                start = dl.minimum(dl.maximum(start, 0), last - int(clamped[d]))
            parts.append(start)
        if d in batches:
            at = batches[d]
            parts.append(_line(f, f.e.extent(indices, at), rank, lead[at]))
        if d in windows:
            parts.append(_line(f, extents[windows[d]], rank, windows[d]))
        if not parts:
            continue
        place = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        if d in axes and not clamped:
            ok = dl.and_(dl.greater_equal(place, 0), dl.less(place, last))
            inside = ok if inside is None else dl.and_(inside, ok)
        place = place * f.scalar(stride, "i64")
        total = place if total is None else total + place
        stride = f.e.product([stride, extent])
    return total, inside


@primitive("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max", "scatter_add",
           "scatter_mul", "scatter_min", "scatter_max")
def scatter(f: Emission, eqn: Any, x: ir.Value, indices: ir.Value, updates: ir.Value) -> ir.Value:
    numbers = eqn.params["dimension_numbers"]
    kept = [d for d in range(x.rank) if d not in numbers.inserted_window_dims
            and d not in numbers.operand_batching_dims]
    extents = {at: f.e.extent(updates, at) for at in numbers.update_window_dims}
    places, inside = _places(
        f, x, indices, updates.rank, numbers.scatter_dims_to_operand_dims,
        dict(zip(kept, numbers.update_window_dims)), extents,
        dict(zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims)))
    # What lies outside is dropped: it goes into one element more.
    whole = f.e.product([f.e.extent(x, d) for d in range(x.rank)])
    shape = [f.e.extent(updates, d) for d in range(updates.rank)]
    places = f.e.broadcast(dl.select(inside, places, f.scalar(whole, "i64")), shape)
    kind = str(eqn.primitive).replace("_", "-").partition("-")[2] or "replace"
    y = dl.scatter(dl.pad(f.e.reshape(x, [-1]), low=[0], high=[1]), f.e.reshape(places, [-1]),
                   f.e.reshape(updates, [-1]), kind=kind)
    return f.e.reshape(f.e.slice(y, 0, 0, -1), [f.e.extent(x, d) for d in range(x.rank)])


@primitive("dynamic_slice")
def dynamic_slice(f: Emission, eqn: Any, x: ir.Value, *starts: ir.Value) -> ir.Value:
    sizes = eqn.params["slice_sizes"]
    for axis, (start, size) in enumerate(zip(starts, sizes)):
        if size == x.shape[axis] or not isinstance(size, (int, np.integer)):
            continue
        last = f.scalar(f.e.extent(x, axis), start.element) - int(size)
        start = dl.minimum(dl.maximum(start, 0), last)
        places = f.m.constant(np.arange(size), start.element) + start
        x = dl.gather(x, places, axis=axis)
    return x


@primitive("dynamic_update_slice")
def dynamic_update_slice(f: Emission, eqn: Any, x: ir.Value, update: ir.Value,
                         *starts: ir.Value) -> ir.Value:
    axes = [d for d in range(x.rank) if update.shape[d] != x.shape[d]]
    if len(axes) != 1:
        raise ir.IRError("dynamic_update_slice along one dimension alone has ops of dl")
    axis, start = axes[0], starts[axes[0]]
    size, whole = cast("int", update.shape[axis]), cast("int", x.shape[axis])
    start = dl.minimum(dl.maximum(start, 0), whole - size)
    # Which of the update's rows each row of x is, if any.
    places = f.m.constant(np.arange(whole), start.element) - start
    inside = dl.and_(dl.greater_equal(places, 0), dl.less(places, size))
    rows = dl.gather(update, dl.minimum(dl.maximum(places, 0), size - 1), axis=axis)
    return dl.select(f.e.reshape(inside, [whole, *[1] * (x.rank - axis - 1)]), rows, x)
