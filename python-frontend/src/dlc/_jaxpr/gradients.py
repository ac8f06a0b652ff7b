# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions that change derivatives: stop_gradient, and custom rules.

dlc differentiates what it compiles. Where derivatives are taken, a function with a rule becomes
f(s) + J (x - s), where s has the value of x and no derivative. This is the same value, since x - s
is 0, and its derivative is J of the rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .._compile import CompileError
from .emission import name_of, place_of, primitive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .emission import Emission

# Custom rules that equal the derivative of the function, except at single points.
_PLAIN = {"relu", "logaddexp", "logaddexp2", "logsumexp", "xlogy", "xlog1py"}


class HiddenGradient(CompileError):
    """A rule that is not linear in the cotangent, so no derivative of dlc's can express it."""


def without_gradient(f: Emission, x: ir.Value) -> ir.Value:
    """x exactly, as a constant for derivatives. floor has no derivative, and x times 2^k is an
    integer: in f64 for every f32 with k = 149."""
    if x.element not in ("f16", "bf16", "f32", "f64"):
        return x
    if x.element == "f64":  # from 2^52 on it is an integer; below, with k = 600
        whole = dl.greater(dl.abs(x), 2.0 ** 52)
        small = dl.select(whole, f.like(x, 0), x)
        return dl.select(whole, dl.floor(x), dl.floor(small * 2.0 ** 600) * 2.0 ** -600)
    wide = f.e.cast(x, "f64")
    return f.e.cast(dl.floor(wide * 2.0 ** 149) * 2.0 ** -149, x.element)


@primitive("stop_gradient")
def stop_gradient(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
    if not f.learns or _is_shift(f, eqn):
        return list(values)
    return [without_gradient(f, v) for v in values]


def _is_shift(f: Emission, stop: Any) -> bool:
    """Whether the stopped value is the maximum that a softmax or logsumexp subtracts from its
    operand and may add again. There, the derivative is the same with and without the stop."""
    value = stop.invars[0]
    while not hasattr(value, "val") and value in f.makers:
        eqn = f.makers[value]
        name = str(eqn.primitive)
        if name == "reduce_max":
            uses = [e for e in f.jaxpr.eqns if any(v is stop.outvars[0] for v in e.invars)]
            return any(str(e.primitive) == "sub" and e.invars[0] is eqn.invars[0]
                       for e in uses) and all(
                str(e.primitive) in ("sub", "squeeze", "reshape", "add") for e in uses)
        if name not in ("broadcast_in_dim", "max", "reshape", "select_n", "squeeze", "is_finite"):
            return False
        value = next((v for v in reversed(eqn.invars) if not hasattr(v, "val")), None)
    return False


@primitive("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr")
def custom(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value | list[ir.Value]:
    is_jvp = str(eqn.primitive) == "custom_jvp_call"
    if is_jvp and name_of(eqn) == "relu":
        return dl.relu(values[0])
    inner = next(eqn.params[k] for k in ("call_jaxpr", "fun_jaxpr", "jaxpr") if k in eqn.params)
    moved = [i for i, v in enumerate(eqn.invars) if _is_float(v.aval)]
    if not f.learns or not moved or is_jvp and name_of(eqn) in _PLAIN:
        return f.call(inner, list(values))
    still = [without_gradient(f, v) for v in values]
    results = f.call(inner, still)
    back = [i for i, v in enumerate(eqn.outvars) if _is_float(v.aval)]
    zeros = [values[i] - still[i] for i in moved]
    f.learns = False  # only what the rule is linear in has a derivative
    try:
        more = f.trace(_rule(eqn, moved, back, is_jvp),
                       [*[_like(v.aval) for v in eqn.invars],
                        *[_like(eqn.invars[i].aval) for i in moved]], [*still, *zeros])
    finally:
        f.learns = True
    for i, change in zip(back, more):
        results[i] = results[i] + change
    return results


def _is_float(aval: Any) -> bool:
    import jax
    return bool(jax.numpy.issubdtype(aval.dtype, jax.numpy.floating))


def _like(aval: Any) -> Any:
    import jax
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)


def _rule(eqn: Any, moved: Sequence[int], back: Sequence[int], is_jvp: bool) -> Any:
    """A function of the operands of an equation and of tangents of the float ones. Returns the
    tangents of the results by the custom rule."""
    import jax
    words = eqn.primitive.get_bind_params(eqn.params)
    subfunctions, words = words if isinstance(words, tuple) else ((), words)

    def change(*arguments: Any) -> list[Any]:
        operands = list(arguments[:len(eqn.invars)])
        changes = arguments[len(eqn.invars):]

        def function(*floats: Any) -> list[Any]:
            given = list(operands)
            for i, value in zip(moved, floats):
                given[i] = value
            found = eqn.primitive.bind(*subfunctions, *given, **words)
            return [found[i] for i in back]
        floats = [operands[i] for i in moved]
        if is_jvp:
            return list(jax.jvp(function, floats, list(changes))[1])
        results, pull = jax.vjp(function, *floats)
        try:
            push = jax.linear_transpose(
                lambda *g: pull(list(g)), *[jax.ShapeDtypeStruct(np.shape(r), r.dtype)
                                            for r in results])
            return list(push(tuple(changes)))
        except Exception as problem:
            raise HiddenGradient(
                f"{place_of(eqn)}: custom_vjp of {name_of(eqn)} has a rule that is not linear in "
                "what comes back, and dlc differentiates itself; dlc.grad takes JAX's derivative, "
                "with an update in a loop of your own") from problem
    return change
