# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Special functions that are no ops of dl, by formulas of such ops.

Formulas with cancellation are computed in f64. Derivatives are those of the formulas.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import dl, ir
from .emission import primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .emission import Emission


def _polynomial(x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
    """c[0] x^n + ... + c[n], by Horner's scheme."""
    y = x * coefficients[0] + coefficients[1]
    for c in coefficients[2:]:
        y = y * x + c
    return y


def _wide(names: Sequence[str], formula: Callable[[Emission, ir.Value], ir.Value]) -> None:
    @primitive(*names)
    def emit(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
        return f.e.cast(formula(f, f.e.cast(x, "f64")), x.element)


primitive("log1p")(lambda f, eqn, x: dl.log1p(x))
primitive("expm1")(lambda f, eqn, x: dl.expm1(x))


@primitive("erfc")
def erfc(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    # Chebyshev's fit of relative error 1.2e-7 (Press et al., Numerical Recipes, 6.2) where
    # 1 - erf would cancel.
    size = dl.abs(x)
    t = 2.0 / (2.0 + size)
    p = _polynomial(t, [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807,
                        -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223])
    tail = t * dl.exp(p - x * x)
    return dl.select(dl.greater(x, 0.5), tail, 1.0 - dl.erf(x))



@primitive("erf_inv")
def erf_inv(f: Emission, eqn: Any, x: ir.Value) -> ir.Value:
    # Giles, Approximating the erfinv function, 2010: a polynomial of ln(1 - x^2) for the middle,
    # one of its root for the ends.
    inside = dl.less(dl.abs(x), 1.0)
    inner = dl.select(inside, x, f.like(x, 0))
    w = -dl.log1p(-inner * inner)
    middle = _polynomial(w - 2.5, [
        2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
        -0.00125372503, -0.00417768164, 0.246640727, 1.50140941])
    ends = _polynomial(dl.sqrt(dl.maximum(w, 5.0)) - 3.0, [
        -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
        -0.0076224613, 0.00943887047, 1.00167406, 2.83297682])
    y = dl.select(dl.less(w, 5.0), middle, ends) * inner
    if x.element == "f64":  # one Newton step
        y = y - (dl.erf(y) - inner) * (math.sqrt(math.pi) / 2) * dl.exp(y * y)
    # +-1 gives infinities; larger magnitudes give NaN.
    return dl.select(inside, y, dl.log(1.0 - dl.abs(x)) * -dl.sign(x))


# Stirling's series: B(2k) / (2k (2k - 1)) of x^(1 - 2k), and of its derivative B(2k) / (2k).
_STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360]
_SHIFT = 8


def _up(f: Emission, x: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
    """(whether x is so small that the series is evaluated at x + 8, that or x, x where it is small)
    """
    small = dl.less(x, float(_SHIFT))
    low = dl.select(small, x, f.like(x, 1))
    return small, dl.select(small, low + float(_SHIFT), x), low


def _log_gamma_above(f: Emission, x: ir.Value) -> ir.Value:
    """ln Gamma of x >= 1/2."""
    small, z, low = _up(f, x)
    inverse = 1.0 / z
    series = inverse * _polynomial(inverse * inverse, _STIRLING[::-1])
    y = (z - 0.5) * dl.log(z) - z + 0.5 * math.log(2 * math.pi) + series
    product = low
    for k in range(1, _SHIFT):
        product = product * (low + float(k))
    return dl.select(small, y - dl.log(product), y)


def _log_gamma(f: Emission, x: ir.Value) -> ir.Value:
    # Below 1/2 by reflection: Gamma(x) Gamma(1 - x) = pi / sin(pi x).
    left = dl.less(x, 0.5)
    y = _log_gamma_above(f, dl.select(left, 1.0 - x, x))
    offset = dl.select(left, x - dl.floor(x), f.like(x, 0.5))
    reflected = math.log(math.pi) - dl.log(dl.sin(offset * math.pi)) - y
    infinite = dl.equal(dl.abs(x), math.inf)
    return dl.select(infinite, dl.abs(x), dl.select(left, reflected, y))


def _digamma(f: Emission, x: ir.Value) -> ir.Value:
    left = dl.less(x, 0.5)
    small, z, low = _up(f, dl.select(left, 1.0 - x, x))
    inverse = 1.0 / z
    squared = inverse * inverse
    series = squared * _polynomial(
        squared, [c * (2 * k + 1) for k, c in enumerate(_STIRLING)][::-1])
    y = dl.log(z) - 0.5 * inverse - series
    total = 1.0 / low
    for k in range(1, _SHIFT):
        total = total + 1.0 / (low + float(k))
    y = dl.select(small, y - total, y)
    offset = dl.select(left, x - dl.floor(x), f.like(x, 0.5))
    poles = dl.and_(dl.less_equal(x, 0.0), dl.equal(x, dl.floor(x)))
    turned = y - math.pi * dl.cos(offset * math.pi) / dl.sin(offset * math.pi)
    return dl.select(poles, f.like(x, math.nan), dl.select(left, turned, y))


_wide(["lgamma"], _log_gamma)
_wide(["digamma"], _digamma)


def _bessel(order: int) -> Callable[[Emission, ir.Value], ir.Value]:
    """e^-|x| I(x) of order 0 or 1: the power series to |x| = 16, the one of 1/x beyond."""
    def formula(f: Emission, x: ir.Value) -> ir.Value:
        size = dl.abs(x)
        near = dl.less(size, 16.0)
        a, b = dl.minimum(size, 16.0), dl.maximum(size, 16.0)
        terms = [1 / (math.factorial(k) * math.factorial(k + order)) for k in range(38)]
        power = _polynomial(a * a * 0.25, terms[::-1]) * dl.exp(-a)
        rest = [1.0]
        for k in range(1, 15):
            rest.append(-rest[-1] * (4 * order ** 2 - (2 * k - 1) ** 2) / (8 * k))
        far = _polynomial(1.0 / b, rest[::-1]) * dl.rsqrt(b * (2 * math.pi))
        if order:
            power, far = power * x * 0.5, far * dl.sign(x)
        return dl.select(near, power, far)
    return formula


_wide(["bessel_i0e"], _bessel(0))
_wide(["bessel_i1e"], _bessel(1))
