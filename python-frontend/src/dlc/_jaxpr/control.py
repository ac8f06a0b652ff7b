"""Calls, loops and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .emission import name_of, primitive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .. import ir
    from .emission import Emission


@primitive("jit", "pjit", "closed_call", "core_call", "remat", "checkpoint", "remat2",
           "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_lin")
def call(f: Emission, eqn: Any, *values: ir.Value) -> ir.Value | list[ir.Value]:
    if str(eqn.primitive) == "custom_jvp_call" and name_of(eqn) == "relu":
        return dl.relu(values[0])
    inner = next(eqn.params[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in eqn.params)
    return f.call(inner, list(values))


@primitive("scan")
def scan(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
    p = eqn.params
    carried: Sequence[ir.Value]
    constants, carried = values[:p["num_consts"]], values[
        p["num_consts"]:p["num_consts"] + p["num_carry"]]
    inputs = values[p["num_consts"] + p["num_carry"]:]
    inner, avals = p["jaxpr"], [v.aval for v in p["jaxpr"].jaxpr.invars]
    # A carried value has one type: what is known of the first may not be known of the next.
    types = [f.type(a) for a in avals[p["num_consts"]:]]
    carried = [_as(f, v, t) for v, t in zip(carried, types)]
    with f.m.region(*types) as given:
        results = f.call(inner, [*constants, *given])
        states = [_as(f, v, t) for v, t in zip(results, types[:len(carried)])]
        outputs = results[len(carried):]
        f.m.op("dl.yield", states, outputs)
    kinds = [f.type(v.aval) for v in eqn.outvars[len(carried):]]
    steps = None
    if not inputs:
        steps = f.e.index(p["length"])
    found = f.m.op("dl.scan", carried, list(inputs), None, steps, axis=0, reverse=p["reverse"],
                   regions=1, sizes=[len(carried), len(kinds), 0],
                   types=[*types[:len(carried)], *kinds])
    return list(found) if isinstance(found, tuple) else [found]


def _as(f: Emission, value: ir.Value, kind: str) -> ir.Value:
    return value if value.type == kind else f.m._op("tensor.cast", [value], None, [kind])[0]


@primitive("cond")
def cond(f: Emission, eqn: Any, which: ir.Value, *values: ir.Value) -> list[ir.Value]:
    branches = eqn.params["branches"]
    kinds = [f.type(v.aval) for v in eqn.outvars]

    def choose(at: int) -> list[ir.Value]:
        """Branches from `at` on."""
        if at == len(branches) - 1:
            return f.call(branches[at], list(values))
        limit = dl.less_equal(which, at) if which.element != "i1" else dl.not_(which)
        chosen = f.m._op("tensor.extract", [limit], None, ["i1"])[0]
        with f.m.region():
            f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(
                f.call(branches[at], list(values)), kinds)], None, [])
        with f.m.region():
            f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(choose(at + 1), kinds)], None, [])
        return f.m._op("scf.if", [chosen], None, kinds, regions=2)
    return choose(0)


@primitive("while")
def while_(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
    p = eqn.params
    carried: Sequence[ir.Value]
    test, body = values[:p["cond_nconsts"]], values[
        p["cond_nconsts"]:p["cond_nconsts"] + p["body_nconsts"]]
    carried = values[p["cond_nconsts"] + p["body_nconsts"]:]
    kinds = [f.type(v.aval) for v in eqn.outvars]
    carried = [_as(f, v, t) for v, t in zip(carried, kinds)]
    with f.m.region(*kinds) as given:
        again = f.call(p["cond_jaxpr"], [*test, *given])[0]
        again = f.m._op("tensor.extract", [again], None, ["i1"])[0]
        f.m._op("scf.condition", [again, *given], None, [])
    with f.m.region(*kinds) as given:
        f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(
            f.call(p["body_jaxpr"], [*body, *given]), kinds)], None, [])
    return f.m._op("scf.while", carried, None, kinds, regions=2)
