# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Primitives that read or write at indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive
from .extents import is_number
from .refusals import refuses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .._emit.emitter import Extent
    from .emission import Emission


def _mode(eqn: Any) -> str:
    """The treatment of out-of-range indices: "fill" (or drop), "clip" or "promise" (there are
    none)."""
    mode = eqn.params["mode"]
    return str(getattr(mode, "name", mode)).split("_")[0].lower()


@refuses("gather", "scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max",
         "scatter_add", "scatter_mul", "scatter_min", "scatter_max", "scatter_sub", "scatter-sub")
def _cannot_index(eqn: Any) -> str | None:
    if _mode(eqn) not in ("fill", "clip", "promise"):
        return f"mode {eqn.params['mode']}, expected fill, drop, clip or promise_in_bounds"
    return None


def _filling(x: ir.Value, eqn: Any) -> Any:
    """The fill value for out-of-range reads, as in JAX: NaN, the least integer, or the largest
    unsigned one."""
    fill = eqn.params["fill_value"]
    if fill is not None:
        return fill
    if x.element == "i1":
        return True
    if x.element[0] in "iu":
        limits = np.iinfo(ir._DTYPES[x.element])
        return limits.min if x.element[0] == "i" else limits.max
    return np.nan


@primitive("gather")
def gather(f: Emission, eqn: Any, x: ir.Value, indices: ir.Value) -> ir.Value:
    numbers, sizes = eqn.params["dimension_numbers"], eqn.params["slice_sizes"]
    axes = numbers.start_index_map
    extents_of_x = eqn.invars[0].aval.shape
    indices = f.e.cast(indices, "i64")
    whole = all(s == extents_of_x[d] for d, s in enumerate(sizes) if d not in axes)
    rank = len(eqn.outvars[0].aval.shape)
    lead = indices.rank - 1
    if len(axes) == 1 and tuple(numbers.collapsed_slice_dims) == tuple(axes) and whole and \
            not numbers.operand_batching_dims:
        axis = axes[0]
        at = f.e.squeeze(indices, -1)
        inside = None
        if _mode(eqn) == "fill":
            inside = dl.and_(dl.greater_equal(at, 0),
                             dl.less(at, f.scalar(f.e.extent(x, axis), "i64")))
        # dl.gather puts the dimensions of the indices in place of the axis; negative indices count
        # from the end.
        y = dl.gather(x, at if _mode(eqn) == "promise" else dl.maximum(at, 0), axis=axis)
        if inside is not None:
            shape = f.e.extents(inside)
            y = _filled(f, eqn, y, f.e.reshape(inside, [
                *shape, *[1] * (x.rank - axis - 1)]))
        behind = [d for d in range(rank) if d not in numbers.offset_dims]
        if behind != list(range(axis, axis + lead)):
            order, within, outside = [], iter(range(axis, axis + lead)), iter(
                [d for d in range(rank) if not axis <= d < axis + lead])
            for d in range(rank):
                order.append(next(outside) if d in numbers.offset_dims else next(within))
            y = f.e.transpose(y, order)
        return y
    # Element by element, in the flattened x.
    kept = [d for d in range(x.rank) if d not in numbers.collapsed_slice_dims
            and d not in numbers.operand_batching_dims]
    extents = {at: f.extent(sizes[d]) for at, d in zip(numbers.offset_dims, kept)}
    places, inside = _places(
        f, x, indices, rank, axes, dict(zip(kept, numbers.offset_dims)), extents,
        dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims)),
        {d: f.extent(sizes[d]) for d in axes}, is_clamped=True)
    assert places is not None  # x has a dimension
    y = dl.gather(f.e.reshape(x, [-1]), places, axis=0)
    return y if _mode(eqn) != "fill" or inside is None else _filled(f, eqn, y, inside)


def _filled(f: Emission, eqn: Any, y: ir.Value, inside: ir.Value) -> ir.Value:
    return dl.select(inside, y, f.m.constant(np.array(_filling(y, eqn), y.dtype)))


def _line(f: Emission, extent: Extent, rank: int, at: int) -> ir.Value:
    """0, 1, ... along one dimension; the other extents are 1."""
    return f.e.reshape(f.line(extent), [extent if d == at else 1 for d in range(rank)])


def _places(f: Emission, x: ir.Value, indices: ir.Value, rank: int, axes: Sequence[int],
            windows: Mapping[int, int], extents: Mapping[int, Extent], batches: Mapping[int, int],
            sizes: Mapping[int, Extent], is_clamped: bool
            ) -> tuple[ir.Value | None, ir.Value | None]:
    """(position of each element in the flattened x; whether its window is inside x).

    rank: that of the result. axes: the dimensions of x that index vectors refer to; sizes: the
    extents of the windows there. windows: {dimension of x: dimension of the result} for offsets
    inside a window, with extents {dimension of the result: extent}. batches: {dimension of x:
    dimension of indices} of batch dimensions. is_clamped: whether windows are moved to lie inside.
    """
    lead = [d for d in range(rank) if d not in windows.values()]
    total: ir.Value | None = None
    inside: ir.Value | None = None
    stride: Extent = 1
    for d in range(x.rank - 1, -1, -1):
        parts, extent = [], f.e.extent(x, d)
        if d in axes:
            at = list(axes).index(d)
            start = f.e.squeeze(f.e.slice(indices, indices.rank - 1, at, at + 1), -1)
            shape: list[Extent] = [1] * rank
            for i, at in enumerate(lead):
                shape[at] = f.e.extent(start, i)
            start = f.e.reshape(start, shape)
            last = f.scalar(f.shapes.combine("subi", extent, sizes[d]), "i64")
            ok = dl.and_(dl.greater_equal(start, 0), dl.less_equal(start, last))
            inside = ok if inside is None else dl.and_(inside, ok)
            parts.append(dl.minimum(dl.maximum(start, 0), last) if is_clamped else start)
        if d in batches:
            at = batches[d]
            parts.append(_line(f, f.e.extent(indices, at), rank, lead[at]))
        if d in windows:
            parts.append(_line(f, extents[windows[d]], rank, windows[d]))
        if parts:
            place = parts[0] if len(parts) == 1 else parts[0] + parts[1]
            place = place * f.scalar(stride, "i64")
            total = place if total is None else total + place
        stride = f.e.product([stride, extent])
    return total, inside


@primitive("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max", "scatter_add",
           "scatter_mul", "scatter_min", "scatter_max", "scatter_sub", "scatter-sub")
def scatter(f: Emission, eqn: Any, x: ir.Value, indices: ir.Value, updates: ir.Value) -> ir.Value:
    numbers = eqn.params["dimension_numbers"]
    kind = str(eqn.primitive).replace("_", "-").partition("-")[2] or "replace"
    if kind == "sub":
        kind, updates = "add", -updates
    if x.element == "i1":  # truth values are combined as the numbers 0 and 1
        x, updates = f.e.cast(x, "i32"), f.e.cast(updates, "i32")
    indices = f.e.cast(indices, "i64")
    axes, extents_of_x = numbers.scatter_dims_to_operand_dims, f.e.extents(x)
    lead = [d for d in range(updates.rank) if d not in numbers.update_window_dims]
    if tuple(axes) == tuple(numbers.inserted_window_dims) == (0,) and \
            not numbers.operand_batching_dims and \
            tuple(eqn.invars[2].aval.shape[d] for d in numbers.update_window_dims) == \
            tuple(eqn.invars[0].aval.shape[1:]):
        # Whole rows.
        places = f.e.reshape(indices, [-1])
        last = f.scalar(extents_of_x[0], "i64")
        inside: ir.Value | None = dl.and_(dl.greater_equal(places, 0), dl.less(places, last))
        if _mode(eqn) == "clip":
            places = dl.minimum(dl.maximum(places, 0), last - 1)
        updates = f.e.transpose(updates, [*lead, *numbers.update_window_dims])
        updates = f.e.reshape(updates, [f.e.extent(places, 0), *extents_of_x[1:]])
    else:
        kept = [d for d in range(x.rank) if d not in numbers.inserted_window_dims
                and d not in numbers.operand_batching_dims]
        windows = dict(zip(kept, numbers.update_window_dims))
        extents = {at: f.e.extent(updates, at) for at in numbers.update_window_dims}
        found, inside = _places(
            f, x, indices, updates.rank, axes, windows, extents,
            dict(zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims)),
            {d: extents[windows[d]] if d in windows else 1 for d in axes},
            is_clamped=_mode(eqn) == "clip")
        assert found is not None  # x has a dimension
        shape = f.e.extents(updates)
        last = f.scalar(f.e.product(extents_of_x), "i64")
        places = f.e.reshape(f.e.broadcast(found, shape), [-1])
        inside = inside if inside is None else f.e.reshape(f.e.broadcast(inside, shape), [-1])
        x, updates = f.e.reshape(x, [-1]), f.e.reshape(updates, [-1])
    if _mode(eqn) == "fill" and inside is not None:
        # Out-of-range updates are dropped: they go to one additional element.
        x = dl.pad(x, low=[0] * x.rank, high=[1, *[0] * (x.rank - 1)])
        x = dl.scatter(x, dl.select(inside, places, last), updates, kind=kind)
        x = f.e.slice(x, 0, 0, -1)
    else:
        x = dl.scatter(x, places, updates, kind=kind)
    return f.e.cast(f.e.reshape(x, extents_of_x), ir.element_of(eqn.outvars[0].aval.dtype))


def _start(f: Emission, start: ir.Value, extent: Extent, size: Extent) -> ir.Value:
    """The start of a window, moved so that the window lies inside."""
    last = f.scalar(f.shapes.combine("subi", extent, size), "i64")
    return dl.minimum(dl.maximum(f.e.cast(start, "i64"), 0), last)


@primitive("dynamic_slice")
def dynamic_slice(f: Emission, eqn: Any, x: ir.Value, *starts: ir.Value) -> ir.Value:
    extents, sizes = eqn.invars[0].aval.shape, eqn.params["slice_sizes"]
    for axis, (extent, size) in enumerate(zip(extents, sizes)):
        if size == extent:
            continue
        known = eqn.invars[1 + axis]
        if hasattr(known, "val") and is_number(extent) and is_number(size):
            start = min(max(int(known.val), 0), int(extent) - int(size))
            x = f.e.slice(x, axis, start, start + int(size))
            continue
        count = f.extent(size)
        x = dl.gather(x, f.line(count) + _start(f, starts[axis], f.e.extent(x, axis), count),
                      axis=axis)
    return x


@primitive("dynamic_update_slice")
def dynamic_update_slice(f: Emission, eqn: Any, x: ir.Value, update: ir.Value,
                         *starts: ir.Value) -> ir.Value:
    # Along each dimension the rows of the update move to their positions. The other rows move to
    # the remaining positions, which keep their values.
    inside: ir.Value | None = None
    for axis, (extent, size) in enumerate(zip(eqn.invars[0].aval.shape,
                                              eqn.invars[1].aval.shape)):
        if size == extent:
            continue
        whole, count = f.e.extent(x, axis), f.e.extent(update, axis)
        places = f.line(whole) - _start(f, starts[axis], whole, count)
        last = f.scalar(count, "i64") - 1
        ok = dl.and_(dl.greater_equal(places, 0), dl.less_equal(places, last))
        ok = f.e.reshape(ok, [whole if d == axis else 1 for d in range(x.rank)])
        inside = ok if inside is None else dl.and_(inside, ok)
        update = dl.gather(update, dl.minimum(dl.maximum(places, 0), last), axis=axis)
    return update if inside is None else dl.select(inside, update, x)
