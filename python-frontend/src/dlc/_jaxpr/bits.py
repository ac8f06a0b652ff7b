# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Primitives on the bits of elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive
from .refusals import refuses

if TYPE_CHECKING:
    from typing import Any

    from .emission import Emission


def _each(f: Emission, op: str, x: ir.Value, kind: str) -> ir.Value:
    """Applies a scalar op of MLIR to all elements. kind: the signless element type of the result.
    """
    if x.element[0] == "u":
        x = f.e.cast(x, x.element[1:])
    free = [v for v in f.e.extents(x) if not isinstance(v, int)]
    with f.m.region(*["index"] * x.rank) as places:
        element = f.m._op("tensor.extract", [x, *places], None, [x.element])[0]
        f.m._op("tensor.yield", f.m._op(op, [element], None, [kind]), None, [])
    return f.m._op("tensor.generate", free, None, [ir.type_of(x.shape, kind)], regions=1)[0]


def _width(kind: str) -> int:
    return 8 * np.dtype(ir._DTYPES[kind]).itemsize if kind != "bf16" else 16


@refuses("bitcast_convert_type")
def _cannot_bitcast(eqn: Any) -> str | None:
    kinds = [ir.element_of(v.aval.dtype) for v in (eqn.invars[0], eqn.outvars[0])]
    if _width(kinds[0]) != _width(kinds[1]):
        return f"{kinds[0]} as {kinds[1]}: dlc has bits of another type of the same width alone"
    return None


@primitive("bitcast_convert_type")
def bitcast(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    kind = ir.element_of(eqn.params["new_dtype"])
    found = _fraction(f, eqn, x)
    if found is not None:
        return found
    return reinterpret(f, x, kind)


def reinterpret(f: Emission, x: ir.Value, kind: str) -> ir.Value:
    """The same bits as elements of another type."""
    if kind.lstrip("u") == x.element.lstrip("u"):
        return f.e.cast(x, kind)
    if x.element == "bf16":  # the upper half of an f32
        wide = reinterpret(f, f.e.cast(x, "f32"), "ui32")
        return f.e.cast(dl.shift_right(wide, 16), kind)
    if kind == "bf16":
        wide = f.e.cast(f.e.cast(x, "ui16"), "ui32")
        return f.e.cast(reinterpret(f, dl.shift_left(wide, 16), "f32"), kind)
    return f.e.cast(_each(f, "arith.bitcast", x, kind.lstrip("u")), kind)


def _fraction(f: Emission, eqn: Any, x: ir.Value) -> ir.Value | None:
    """Recognises a float in [1, 2) made from bits, as in jax.random: (b >> 9) | 0x3f800000 is 1 +
    (b >> 9) 2^-23, whose loop can be vectorised."""
    made = f.makers.get(eqn.invars[0])
    if x.element != "ui32" or not made or str(made.primitive) != "or" or \
            eqn.outvars[0].aval.dtype != np.float32:
        return None
    ones = [v for v in made.invars if hasattr(v, "val") and int(v.val) == 0x3f800000]
    rest = [v for v in made.invars if not hasattr(v, "val")]
    shifted = f.makers.get(rest[0]) if len(ones) == len(rest) == 1 else None
    if not shifted or str(shifted.primitive) != "shift_right_logical" or \
            not hasattr(shifted.invars[1], "val") or int(shifted.invars[1].val) != 9:
        return None
    return f.e.cast(f.e.cast(f.known[rest[0]], "i32"), "f32") * 2.0 ** -23 + 1.0


@primitive("population_count")
def population_count(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return f.e.cast(_each(f, "math.ctpop", x, x.element.lstrip("u")), x.element)


@primitive("clz")
def leading_zeros(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return f.e.cast(_each(f, "math.ctlz", x, x.element.lstrip("u")), x.element)


@primitive("nextafter")
def next_after(f: Emission, eqn: Any, x: ir.Value, y: ir.Value) -> ir.Value:
    # Floats of one sign are ordered like their bits as integers.
    one = f.like(x if x.rank else y, 1)
    x, y = x * one, y * one
    kind = f"i{_width(x.element)}"
    bits = reinterpret(f, x, kind)
    more = dl.equal(dl.cast(dl.greater(y, x), to="i32"), dl.cast(dl.greater(x, 0.0), to="i32"))
    bits = dl.select(more, bits + 1, bits - 1)
    least = f.like(x, 2.0 ** {"f32": -149, "f64": -1074, "f16": -24, "bf16": -133}[x.element])
    moved = dl.select(dl.equal(x, 0.0), dl.select(dl.greater(y, 0.0), least, -least),
                      reinterpret(f, bits, x.element))
    either = dl.or_(dl.not_equal(x, x), dl.not_equal(y, y))
    return dl.select(either, x + y, dl.select(dl.equal(x, y), y, moved))


@refuses("reduce_precision")
def _cannot_round(eqn: Any) -> str | None:
    kind = ir.element_of(eqn.invars[0].aval.dtype)
    if _rounded(eqn, kind) is None:
        return (f"{eqn.params['exponent_bits']} and {eqn.params['mantissa_bits']} bits of {kind} "
                "are no type of dl's, expected those of float16, bfloat16 or float32")
    return None


def _rounded(eqn: Any, kind: str) -> str | None:
    sizes = {(5, 10): "f16", (8, 7): "bf16", (8, 23): "f32", (11, 52): "f64"}
    asked = sizes.get((eqn.params["exponent_bits"], eqn.params["mantissa_bits"]))
    return kind if asked and _width(asked) >= _width(kind) and asked != "bf16" else asked


@primitive("reduce_precision")
def reduce_precision(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    asked = _rounded(eqn, x.element)
    assert asked  # refused before
    return f.e.cast(f.e.cast(x, asked), x.element)
