"""Primitives that go element by element."""

import math

from .. import dl, ir
from .emission import primitive


def _same(names, op):
    primitive(*names)(lambda f, eqn, *values: f.m.op(op, *values))


for _names, _op in (
        (["add", "add_any"], "dl.add"), (["sub"], "dl.sub"), (["mul"], "dl.mul"),
        (["max"], "dl.maximum"), (["min"], "dl.minimum"), (["pow"], "dl.pow"),
        (["neg"], "dl.neg"), (["exp"], "dl.exp"), (["log"], "dl.log"), (["tanh"], "dl.tanh"),
        (["logistic"], "dl.sigmoid"), (["sin"], "dl.sin"), (["cos"], "dl.cos"),
        (["tan"], "dl.tan"), (["asin"], "dl.asin"), (["acos"], "dl.acos"), (["atan"], "dl.atan"),
        (["sinh"], "dl.sinh"), (["cosh"], "dl.cosh"), (["asinh"], "dl.asinh"),
        (["acosh"], "dl.acosh"), (["atanh"], "dl.atanh"), (["sqrt"], "dl.sqrt"),
        (["rsqrt"], "dl.rsqrt"), (["abs"], "dl.abs"), (["sign"], "dl.sign"),
        (["floor"], "dl.floor"), (["ceil"], "dl.ceil"), (["erf"], "dl.erf"),
        (["square"], "dl.square"), (["gt"], "dl.greater"), (["ge"], "dl.greater_equal"),
        (["lt"], "dl.less"), (["le"], "dl.less_equal"),         (["rem"], "dl.remainder"), (["and"], "dl.and"),
        (["or"], "dl.or"), (["xor"], "dl.xor"), (["not"], "dl.not")):
    _same(_names, _op)


@primitive("eq", "ne")
def equal(f, eqn, a, b):
    differ = dl.xor(a, b) if a.element == "i1" else dl.not_equal(a, b)
    return differ if str(eqn.primitive) == "ne" else \
        dl.not_(differ) if a.element == "i1" else dl.equal(a, b)


@primitive("div")
def divide(f, eqn, a, b):
    found = _softmax(f.makers, eqn)
    if found:
        logits, axes = found
        return dl.softmax(f.known[logits], axis=axes[0])
    return dl.div(a, b)


def _softmax(makers, eqn):
    """(logits, axes) where a division is e^(x - max x) / sum of it, as jax.nn.softmax writes it:
    a cross entropy is then of the logits, and the loop nest is one."""
    def maker(v, *names):
        found = None if hasattr(v, "val") else makers.get(v)
        return found if found and str(found.primitive) in names else None

    above = maker(eqn.invars[0], "exp")
    total = maker(eqn.invars[1], "broadcast_in_dim", "reshape", "expand_dims")
    total = total and maker(total.invars[0], "reduce_sum")
    shifted = above and maker(above.invars[0], "sub")
    if not total or not shifted or total.invars[0] is not above.outvars[0] or \
            len(total.params["axes"]) != 1:
        return None
    axes, largest = total.params["axes"], shifted.invars[1]
    while found := maker(largest, "stop_gradient", "broadcast_in_dim", "reshape", "expand_dims",
                         "max"):
        operands = [v for v in found.invars if not hasattr(v, "val")]
        if len(operands) != 1:
            return None
        largest = operands[0]
    largest = maker(largest, "reduce_max")
    if not largest or largest.invars[0] is not shifted.invars[0] or \
            largest.params["axes"] != axes:
        return None
    return shifted.invars[0], axes


@primitive("round")
def round_(f, eqn, x):
    if "EVEN" in str(eqn.params["rounding_method"]):
        return dl.round(x)
    return dl.sign(x) * dl.floor(dl.abs(x) + 0.5)


@primitive("exp2")
def exp2(f, eqn, x):
    return dl.exp(x * math.log(2))


@primitive("log1p")
def log1p(f, eqn, x):
    # log(1 + x) x / ((1 + x) - 1): the error of 1 + x cancels (Kahan).
    u = x + 1.0
    d = u - 1.0
    safe = dl.select(dl.equal(d, 0.0), d + 1.0, d)
    return dl.select(dl.equal(d, 0.0), x, dl.log(u) * x / safe)


@primitive("expm1")
def expm1(f, eqn, x):
    # 2 e^(x/2) sinh(x/2)
    half = x * 0.5
    return dl.exp(half) * dl.sinh(half) * 2.0


@primitive("erfc")
def erfc(f, eqn, x):
    return 1.0 - dl.erf(x)


@primitive("cbrt")
def cbrt(f, eqn, x):
    return dl.sign(x) * dl.pow(dl.abs(x), 1 / 3)


@primitive("is_finite")
def is_finite(f, eqn, x):
    return dl.equal(x - x, 0.0)


@primitive("integer_pow")
def integer_pow(f, eqn, x):
    n = eqn.params["y"]
    if n == 0:
        return x * 0.0 + 1.0
    result, power, rest = None, x, abs(n)
    while rest:
        if rest & 1:
            result = power if result is None else result * power
        rest >>= 1
        power = dl.square(power) if rest else power
    return 1.0 / result if n < 0 else result


@primitive("clamp")
def clamp(f, eqn, low, x, high):
    return dl.minimum(dl.maximum(x, low), high)


@primitive("select_n")
def select_n(f, eqn, which, *cases):
    if which.element == "i1":
        return dl.select(which, cases[1], cases[0])
    result = cases[-1]
    for i in range(len(cases) - 2, -1, -1):
        result = dl.select(dl.less_equal(which, i), cases[i], result)
    return result


@primitive("convert_element_type")
def convert(f, eqn, x):
    return f.e.cast(x, ir.element_of(eqn.params["new_dtype"]))


@primitive("stop_gradient", "copy", "copy_p", "optimization_barrier", "reduce_precision",
           "sharding_constraint", "device_put", "mesh_cast", "pvary")
def same(f, eqn, *values):
    return list(values)
