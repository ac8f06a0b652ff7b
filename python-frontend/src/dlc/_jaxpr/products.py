# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reductions and products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .._emit.attention import einsum
from .emission import primitive
from .refusals import refuses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._emit.emitter import Extent
    from .emission import Emission


def _reduced(f: Emission, x: ir.Value, op: str, axes: Sequence[int]) -> ir.Value:
    if not axes:
        return x
    if x.element == "i1":  # the maximum of truth values is whether any is true
        return f.e.cast(f.m.op(op, f.e.cast(x, "i32"), axes=list(axes)), "i1")
    found: ir.Value = f.m.op(op, x, axes=list(axes))
    return found


def _reduction(name: str, op: str) -> None:
    @primitive(name)
    def emit(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
        return _reduced(f, x, op, eqn.params["axes"])


for _name, _op in (("reduce_sum", "dl.reduce_sum"), ("reduce_max", "dl.reduce_max"),
                   ("reduce_min", "dl.reduce_min"), ("reduce_prod", "dl.reduce_prod"),
                   ("reduce_and", "dl.reduce_min"), ("reduce_or", "dl.reduce_max")):
    _reduction(_name, _op)


@refuses("reduce_and", "reduce_or")
def _cannot_reduce_bits(eqn: Any) -> str | None:
    return None if eqn.invars[0].aval.dtype == bool else \
        "bits of integers do not reduce in dlc; of truth values they do"


# For each primitive of a function of two values: the reduction, and how it combines.
JOINS = {"add": ("dl.reduce_sum", "dl.add"), "mul": ("dl.reduce_prod", "dl.mul"),
         "max": ("dl.reduce_max", "dl.maximum"), "min": ("dl.reduce_min", "dl.minimum"),
         "or": ("dl.reduce_max", "dl.or"), "and": ("dl.reduce_min", "dl.and")}


def join_of(eqn: Any) -> str | None:
    """The primitive that the function of a reduction consists of, if it is a single one."""
    inner = eqn.params["jaxpr"]
    inner = getattr(inner, "jaxpr", inner)
    found = [str(q.primitive) for q in inner.eqns]
    if len(found) != 1 or found[0] not in JOINS or set(inner.eqns[0].invars) != set(inner.invars):
        return None
    is_bits = found[0] in ("or", "and") and eqn.invars[0].aval.dtype != bool
    return None if is_bits or len(inner.outvars) != 1 else found[0]


@refuses("reduce", "reduce_window")
def _cannot_join(eqn: Any) -> str | None:
    if join_of(eqn):
        return None
    return ("its function is not one of add, mul, max, min; write it as a jax.lax.scan over the "
            "dimension, or as a map before and after such a reduction")


@primitive("reduce")
def reduce(f: Emission, eqn: Any, x: ir.Value, initial: ir.Value) -> ir.Value:
    reduction, join = JOINS[join_of(eqn) or ""]
    found: ir.Value = f.m.op(join, _reduced(f, x, reduction, eqn.params["dimensions"]), initial)
    return found


@primitive("dot_general")
def dot_general(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    (inner_a, inner_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    kind = eqn.outvars[0].aval.dtype
    a, b = f.e.cast(a, ir.element_of(kind)), f.e.cast(b, ir.element_of(kind))
    if a.element[0] in "iu":
        return _integers(f, a, b, (inner_a, inner_b), (batch_a, batch_b))
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


def _integers(f: Emission, a: ir.Value, b: ir.Value, inner: tuple[Sequence[int], Sequence[int]],
              batch: tuple[Sequence[int], Sequence[int]]) -> ir.Value:
    """An integer product, which dl.matmul does not support: sums of products."""
    rows, columns = ([d for d in range(v.rank) if d not in inner[k] and d not in batch[k]]
                     for k, v in enumerate((a, b)))
    lead = [f.e.extent(a, d) for d in batch[0]]
    shapes = [[f.e.extent(v, d) for d in kept] for v, kept in ((a, rows), (b, columns))]
    depth = f.e.product([f.e.extent(a, d) for d in inner[0]])

    def packed(v: ir.Value, k: int, kept: Sequence[int], middle: Sequence[Extent]) -> ir.Value:
        v = f.e.transpose(v, [*batch[k], *kept, *inner[k]])
        return f.e.reshape(v, [f.e.product(lead), *middle, depth])
    left = packed(a, 0, rows, [f.e.product(shapes[0]), 1])
    right = packed(b, 1, columns, [1, f.e.product(shapes[1])])
    y = dl.reduce_sum(left * right, axes=[3])
    return f.e.reshape(y, [*lead, *shapes[0], *shapes[1]])
