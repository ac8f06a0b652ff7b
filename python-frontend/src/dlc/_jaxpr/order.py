# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Primitives that sort, search and accumulate along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive
from .refusals import refuses

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .emission import Emission


@primitive("argmax", "argmin")
def arg(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    op = dl.arg_max if str(eqn.primitive) == "argmax" else dl.arg_min
    x = f.e.cast(x, "i32") if x.element == "i1" else x
    return f.e.cast(op(x, axis=eqn.params["axes"][0]), ir.element_of(eqn.params["index_dtype"]))


def _to_last(f: Emission, x: ir.Value, axis: int) -> ir.Value:
    return f.e.transpose(x, [*[d for d in range(x.rank) if d != axis], axis])


def _from_last(f: Emission, x: ir.Value, axis: int) -> ir.Value:
    order = list(range(x.rank - 1))
    return f.e.transpose(x, [*order[:axis], x.rank - 1, *order[axis:]])


@refuses("sort")
def _cannot_sort(eqn: Any) -> str | None:
    kinds = {ir.element_of(v.aval.dtype) for v in eqn.invars[:eqn.params["num_keys"]]}
    if "ui64" in kinds or "i64" in kinds and any(k[0] in "fb" for k in kinds):
        return f"keys of {' and '.join(sorted(kinds))} have no type of dl in common; convert them"
    return None


@primitive("sort")
def sort(f: Emission, eqn: Any, *operands: ir.Value) -> list[ir.Value]:
    # dl sorts the rows of a matrix. Each element becomes a row of the number of its line and its
    # keys, so that lines stay separate.
    axis, count = eqn.params["dimension"], eqn.params["num_keys"]
    moved = [_to_last(f, x, axis) for x in operands]
    shape = f.e.extents(moved[0])
    whole = f.e.product(shape)
    kind = "i64" if any(x.element == "i64" for x in operands[:count]) else "f64"
    columns = [f.e.reshape(f.e.cast(x, kind), [whole, 1]) for x in moved[:count]]
    lines = f.e.product(shape[:-1])
    if lines != 1:
        line = f.e.broadcast(f.e.reshape(f.line(lines, kind), [lines, 1]), [lines, shape[-1]])
        columns.insert(0, f.e.reshape(line, [whole, 1]))
    order = dl.argsort(dl.concat(columns, axis=1) if len(columns) > 1 else columns[0])
    return [_from_last(f, f.e.reshape(
        dl.gather(f.e.reshape(x, [whole]), order, axis=0), shape), axis) for x in moved]


@primitive("top_k")
def top_k(f: Emission, eqn: Any, x: ir.Value) -> list[ir.Value]:
    axis, k = eqn.params.get("axis", x.rank - 1) % x.rank, f.extent(eqn.params["k"])
    moved = _to_last(f, x, axis)
    kind = ir.element_of(eqn.outvars[1].aval.dtype)
    shape = [*moved.shape[:-1], k if isinstance(k, int) else None]
    index = f.e.index(k) if isinstance(k, int) else k
    values, places = dl.top_k(moved, index, types=[ir.type_of(shape, moved.element),
                                                   ir.type_of(shape, "i64")])
    return [_from_last(f, values, axis), f.e.cast(_from_last(f, places, axis), kind)]


@primitive("cumsum", "cumprod")
def cumulative(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return dl.cumulative(x, kind="sum" if str(eqn.primitive) == "cumsum" else "prod",
                         axis=eqn.params["axis"], reverse=eqn.params["reverse"])


def _running(name: str, lowest: Callable[[str], float],
             join: Callable[[Emission, ir.Value, ir.Value], ir.Value]) -> None:
    """A cumulative primitive that combines elements one after another."""
    @primitive(name)
    def emit(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
        axis = eqn.params["axis"]
        rest = [f.e.extent(x, d) for d in range(x.rank) if d != axis]
        first = f.e.broadcast(f.m.constant(np.array(lowest(x.element), x.dtype)), rest)
        with f.m.region(first.type, first.type) as (before, element):
            after = join(f, before, element)
            f.m.op("dl.yield", [after], [after])
        _, found = f.m.op("dl.scan", [first], [x], None, None, axis=axis,
                          reverse=eqn.params["reverse"], regions=1, sizes=[1, 1, 0],
                          types=[first.type, x.type])
        result: ir.Value = found
        return result


def _least(kind: str) -> float:
    return -np.inf if kind[0] in "fb" else int(np.iinfo(ir._DTYPES[kind]).min)


def _greatest(kind: str) -> float:
    return np.inf if kind[0] in "fb" else int(np.iinfo(ir._DTYPES[kind]).max)


def _log_add(f: Emission, a: ir.Value, b: ir.Value) -> ir.Value:
    # It is subtracted from both and added again, so it has no derivative.
    most = dl.maximum(a, b)
    most = dl.select(dl.less(dl.abs(most), np.inf), most, f.like(most, 0))
    return dl.log(dl.exp(a - most) + dl.exp(b - most)) + most


_running("cummax", _least, lambda f, a, b: dl.maximum(a, b))
_running("cummin", _greatest, lambda f, a, b: dl.minimum(a, b))
_running("cumlogsumexp", _least, _log_add)
