# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Element-wise primitives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import primitive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .emission import Emission


def _same(names: Sequence[str], op: str) -> None:
    primitive(*names)(lambda f, eqn, *values: f.m.op(op, *values))


for _names, _op in (
        (["add", "add_any"], "dl.add"), (["sub"], "dl.sub"), (["mul"], "dl.mul"),
        (["neg"], "dl.neg"), (["exp"], "dl.exp"), (["log"], "dl.log"), (["tanh"], "dl.tanh"),
        (["logistic"], "dl.sigmoid"), (["sin"], "dl.sin"), (["cos"], "dl.cos"),
        (["tan"], "dl.tan"), (["asin"], "dl.asin"), (["acos"], "dl.acos"), (["atan"], "dl.atan"),
        (["sinh"], "dl.sinh"), (["cosh"], "dl.cosh"), (["asinh"], "dl.asinh"),
        (["acosh"], "dl.acosh"), (["atanh"], "dl.atanh"), (["sqrt"], "dl.sqrt"),
        (["rsqrt"], "dl.rsqrt"), (["abs"], "dl.abs"), (["sign"], "dl.sign"),
        (["floor"], "dl.floor"), (["ceil"], "dl.ceil"), (["erf"], "dl.erf"),
        (["square"], "dl.square"),
        (["and"], "dl.and"), (["or"], "dl.or"), (["xor"], "dl.xor"), (["not"], "dl.not")):
    _same(_names, _op)


@primitive("eq", "ne")
def equal(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    differ = dl.xor(a, b) if a.element == "i1" else dl.not_equal(a, b)
    return differ if str(eqn.primitive) == "ne" else \
        dl.not_(differ) if a.element == "i1" else dl.equal(a, b)


_ORDERS = {"gt": "dl.greater", "ge": "dl.greater_equal", "lt": "dl.less", "le": "dl.less_equal"}


@primitive(*_ORDERS)
def compare(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    if a.element == "i1":
        a, b = f.e.cast(a, "i32"), f.e.cast(b, "i32")
    found: ir.Value = f.m.op(_ORDERS[str(eqn.primitive)], a, b)
    return found


@primitive("lt_to", "le_to", "eq_to")
def compare_total(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    """The total order: -0 is below 0, and NaN above every number."""
    if str(eqn.primitive) == "eq_to":
        return dl.not_(dl.or_(_is_below(f, a, b), _is_below(f, b, a)))
    if str(eqn.primitive) == "le_to":
        return dl.not_(_is_below(f, b, a))
    return _is_below(f, a, b)


def _is_below(f: Emission, a: ir.Value, b: ir.Value) -> ir.Value:
    if a.element[0] in "iu":
        return dl.less(a, b)
    less = dl.or_(dl.less(a, b), dl.and_(dl.equal(a, a), dl.not_equal(b, b)))
    zeros = dl.and_(dl.equal(a, 0.0), dl.equal(b, 0.0))
    return dl.or_(less, dl.and_(zeros, dl.and_(_is_minus(f, a), dl.not_(_is_minus(f, b)))))


def _is_minus(f: Emission, x: ir.Value) -> ir.Value:
    """Whether the sign bit is set, which -0 has too."""
    zero = dl.equal(x, 0.0)
    return dl.or_(dl.less(x, 0.0),
                  dl.less(1.0 / dl.select(zero, x, f.like(x, 1)), 0.0))


@primitive("max", "min")
def extreme(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    is_max = str(eqn.primitive) == "max"
    if a.element == "i1":
        return dl.or_(a, b) if is_max else dl.and_(a, b)
    return dl.maximum(a, b) if is_max else dl.minimum(a, b)


@primitive("shift_left", "shift_right_arithmetic", "shift_right_logical")
def shift(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    kind, name = a.element, str(eqn.primitive)
    if name == "shift_left":
        return dl.shift_left(a, b)
    # dl keeps the sign of signed types.
    work = kind.lstrip("u") if name == "shift_right_arithmetic" else f"u{kind.lstrip('u')}"
    if work[0] == "i" and kind != work:
        b = dl.minimum(b, int(work[1:]) - 1)
    return f.e.cast(dl.shift_right(f.e.cast(a, work), f.e.cast(b, work)), kind)


@primitive("atan2")
def atan2(f: Emission, eqn: Any, y: ir.Value, x: ir.Value) -> ir.Value:
    # The angle of the smaller side to the larger one, then the octant. Signs are factors, so that
    # the derivative at 0 is that of the quotient.
    one = f.like(y if y.rank else x, 1)
    y, x = y * one, x * one
    left = _is_minus(f, x)
    up, side = dl.select(_is_minus(f, y), -y, y), dl.select(left, -x, x)
    steep = dl.greater(up, side)
    most = dl.select(steep, up, side)
    # At the origin the angle is 0 or pi; for two infinities it is that of equal sides.
    share = dl.select(dl.equal(up, side), dl.select(dl.equal(side, 0.0), up, up / most),
                      dl.select(steep, side, up) / dl.select(dl.equal(most, 0.0), one, most))
    both = dl.and_(dl.equal(up, math.inf), dl.equal(side, math.inf))
    angle = dl.atan(dl.select(both, one, share))
    angle = dl.select(steep, math.pi / 2 - angle, angle)
    angle = dl.select(left, math.pi - angle, angle)
    return dl.select(_is_minus(f, y), -angle, angle)


@primitive("div")
def divide(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    found = _softmax(f.makers, eqn)
    if found:
        logits, axes = found
        return dl.softmax(f.known[logits], axis=axes[0])
    y = dl.div(a, b)
    return _of_zero(f, eqn, y, b, -1 if a.element[0] == "i" else 2 ** int(a.element[2:]) - 1) \
        if a.element[0] in "iu" else y


@primitive("rem")
def remainder(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    y = dl.remainder(a, b)
    return _of_zero(f, eqn, y, b, a) if a.element[0] in "iu" else y


def _of_zero(f: Emission, eqn: Any, y: ir.Value, b: ir.Value, value: Any) -> ir.Value:
    """Replaces the result of an integer division by 0, which is 0 in dl, by that of XLA."""
    if hasattr(eqn.invars[1], "val") and eqn.invars[1].val != 0:
        return y
    return dl.select(dl.equal(b, 0), f.m.constant(value, y.element)
                     if isinstance(value, int) else value, y)


def _softmax(makers: Mapping[Any, Any], eqn: Any) -> tuple[Any, tuple[int]] | None:
    """Recognises e^(x - max x) / sum of it, as jax.nn.softmax writes it, and returns (logits,
    axes). A cross entropy is then computed from the logits, and the softmax is one loop nest."""
    def maker(v: Any, *names: str) -> Any:
        found = None if hasattr(v, "val") else makers.get(v)
        return found if found and str(found.primitive) in names else None

    def widened(v: Any, axis: int, rank: int) -> Any:
        """The value that v becomes when the reduced dimension is inserted again."""
        found = maker(v, "broadcast_in_dim")
        if not found or len(found.outvars[0].aval.shape) != rank or \
                found.outvars[0].aval.shape[axis] != 1 or \
                tuple(found.params["broadcast_dimensions"]) != tuple(
                    d for d in range(rank) if d != axis):
            return None
        return found.invars[0]

    above = maker(eqn.invars[0], "exp")
    shifted = above and maker(above.invars[0], "sub")
    if not shifted:
        return None
    logits, rank = shifted.invars[0], len(above.outvars[0].aval.shape)
    for axis in range(rank):
        total = widened(eqn.invars[1], axis, rank)
        total = total is not None and maker(total, "reduce_sum")
        if not total or total.invars[0] is not above.outvars[0] or \
                tuple(total.params["axes"]) != (axis,):
            continue
        stopped = maker(shifted.invars[1], "stop_gradient")
        largest = widened(stopped.invars[0] if stopped else shifted.invars[1], axis, rank)
        guard = largest is not None and maker(largest, "max")
        if guard:  # jax.nn.softmax takes the maximum with minus infinity
            constants = [v for v in guard.invars if hasattr(v, "val")]
            if len(constants) != 1 or not np.isneginf(np.asarray(constants[0].val)).all():
                continue
            largest = next(v for v in guard.invars if not hasattr(v, "val"))
        largest = largest is not None and maker(largest, "reduce_max")
        if largest and largest.invars[0] is logits and tuple(largest.params["axes"]) == (axis,):
            return logits, (axis,)
    return None


@primitive("round")
def round_(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    if eqn.params["rounding_method"].name == "TO_NEAREST_EVEN":
        return dl.round(x)
    # Rounds away from zero: the truncated part says whether one must be added.
    whole = dl.floor(dl.abs(x))
    whole = dl.select(dl.greater_equal(dl.abs(x) - whole, 0.5), whole + 1.0, whole)
    return dl.select(dl.less(x, 0.0), -whole, whole)


@primitive("pow")
def power(f: Emission, eqn: Any, a: ir.Value, b: ir.Value) -> ir.Value:
    return dl.pow(a, f.e.cast(b, a.element))


@primitive("exp2")
def exp2(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return dl.exp(x * math.log(2))


@primitive("cbrt")
def cbrt(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return dl.sign(x) * dl.pow(dl.abs(x), 1 / 3)


@primitive("is_finite")
def is_finite(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return dl.equal(x - x, 0.0)


@primitive("integer_pow")
def integer_pow(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    n = eqn.params["y"]
    if n == 0:
        return f.e.full([f.e.extent(x, d) for d in range(x.rank)], 1, x.element)
    result: ir.Value | None = None
    power, rest = x, abs(n)
    while rest:
        if rest & 1:
            result = power if result is None else result * power
        rest >>= 1
        power = dl.square(power) if rest else power
    assert result is not None  # n is not 0
    return 1.0 / result if n < 0 else result


@primitive("clamp")
def clamp(f: Emission, eqn: Any, low: ir.Value, x: ir.Value, high: ir.Value) -> ir.Value:
    if x.element[0] == "i" or x.element[0] == "u":
        return dl.minimum(dl.maximum(x, low), high)
    # At a bound the derivative is not that of x, as in JAX.
    if all(hasattr(v, "val") for v in (eqn.invars[0], eqn.invars[2])):
        return dl.clip(x, low=float(eqn.invars[0].val), high=float(eqn.invars[2].val))
    return dl.select(dl.less_equal(x, low), low,
                     dl.select(dl.greater_equal(x, high), high, x))


@primitive("select_n")
def select_n(f: Emission, eqn: Any, which: ir.Value, *cases: ir.Value) -> ir.Value:
    if which.element == "i1":
        return dl.select(which, cases[1], cases[0])
    result = cases[-1]
    for i in range(len(cases) - 2, -1, -1):
        result = dl.select(dl.less_equal(which, i), cases[i], result)
    return result


@primitive("convert_element_type")
def convert(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    return f.e.cast(x, ir.element_of(eqn.params["new_dtype"]))
