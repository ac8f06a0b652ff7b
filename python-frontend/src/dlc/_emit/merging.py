# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers of several inputs."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from .. import dl, ir
from .emitter import layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .emitter import Emitter, Layer

    Merge = Callable[[Emitter, Layer, Sequence[ir.Value]], ir.Value]


def aligned(e: Emitter, values: Sequence[ir.Value]) -> list[ir.Value]:
    """Operands of lower rank get extents of 1 after the batch, as in Keras."""
    rank = max(v.rank for v in values)
    return [v if v.rank == rank else
            e.reshape(v, [e.extent(v, 0), *[1] * (rank - v.rank),
                          *[e.extent(v, d) for d in range(1, v.rank)]])
            for v in values]


def _fold(
          function: Callable[[ir.Value, ir.Value], ir.Value]) -> Merge:
    def emit(e: Emitter, item: Layer, values: Sequence[ir.Value]) -> ir.Value:
        return reduce(function, aligned(e, values))
    return emit


layer("Add")(_fold(lambda a, b: a + b))
layer("Subtract")(_fold(lambda a, b: a - b))
layer("Multiply")(_fold(lambda a, b: a * b))
layer("Maximum")(_fold(lambda a, b: dl.maximum(a, b)))
layer("Minimum")(_fold(lambda a, b: dl.minimum(a, b)))


@layer("Average")
def average(e: Emitter, item: Layer, values: Sequence[ir.Value]) -> ir.Value:
    return reduce(lambda a, b: a + b, aligned(e, values)) / float(len(values))


@layer("Concatenate")
def concatenate(e: Emitter, item: Layer, values: Sequence[ir.Value]) -> ir.Value:
    axis = item.get("axis", -1)
    return dl.concat(list(values), axis=axis % values[0].rank)


@layer("Dot")
def dot(e: Emitter, item: Layer, values: Sequence[ir.Value]) -> ir.Value:
    a, b = values
    axes = item["axes"]
    axes = [axes, axes] if isinstance(axes, int) else list(axes)
    if item.get("normalize"):
        a, b = (v / dl.maximum(dl.sqrt(dl.reduce_sum(dl.square(v), axes=[axis], keep_dims=True)),
                               1e-12) for v, axis in zip((a, b), axes))
    # [batch, rest of a..., K] times [batch, K, rest of b...].
    i, j = (axis % v.rank for axis, v in zip(axes, (a, b)))
    if i == 0 or j == 0:
        raise ir.IRError(f"{item.path}: axes {axes} name the batch")
    rest = [[e.extent(v, d) for d in range(1, v.rank) if d != k] for v, k in ((a, i), (b, j))]
    a = e.transpose(a, [0, *[d for d in range(1, a.rank) if d != i], i])
    b = e.transpose(b, [0, j, *[d for d in range(1, b.rank) if d != j]])
    a = e.reshape(a, [e.extent(a, 0), e.product(rest[0]), e.extent(a, -1)])
    b = e.reshape(b, [e.extent(b, 0), e.extent(b, 1), e.product(rest[1])])
    y = dl.matmul(a, b)
    shape = [*rest[0], *rest[1]] or [1]
    return e.reshape(y, [e.extent(y, 0), *shape])
