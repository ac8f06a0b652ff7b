# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls, loops and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .emission import on_cpu, primitive
from .extents import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .emission import Emission


@primitive("jit", "pjit", "closed_call", "core_call", "remat", "checkpoint", "remat2", "composite")
def call(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
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
    # A carried value has one type: an extent that is known initially may be unknown later.
    types = [f.type(a) for a in avals[p["num_consts"]:]]
    carried = [_as(f, v, t) for v, t in zip(carried, types)]
    with f.m.region(*types) as given:
        results = f.call(inner, [*constants, *given])
        states = [_as(f, v, t) for v, t in zip(results, types[:len(carried)])]
        kinds = [f.type(v.aval) for v in inner.jaxpr.outvars[len(carried):]]
        outputs = [_as(f, v, t) for v, t in zip(results[len(carried):], kinds)]
        f.m.op("dl.yield", states, outputs)
    kinds = [f.type(v.aval) for v in eqn.outvars[len(carried):]]
    steps = None
    if not inputs:
        steps = f.extent(p["length"])
        steps = f.e.index(steps) if isinstance(steps, int) else steps
    found = f.m.op("dl.scan", carried, list(inputs), None, steps, axis=0, reverse=p["reverse"],
                   regions=1, sizes=[len(carried), len(kinds), 0],
                   types=[*types[:len(carried)], *kinds])
    return [] if found is None else list(found) if isinstance(found, tuple) else [found]


def _as(f: Emission, value: ir.Value, kind: str) -> ir.Value:
    return value if value.type == kind else f.m._op("tensor.cast", [value], None, [kind])[0]


@primitive("platform_index")
def platform_index(f: Emission, eqn: Any) -> ir.Value:
    return f.constant(on_cpu(eqn.params["platforms"]), eqn.outvars[0].aval.dtype)


@primitive("cond")
def cond(f: Emission, eqn: Any, which: ir.Value, *values: ir.Value) -> list[ir.Value]:
    branches = eqn.params["branches"]
    if eqn.params.get("branches_platforms") is not None:
        return f.call(branches[on_cpu(eqn.params["branches_platforms"])], list(values))
    kinds = [f.type(v.aval) for v in eqn.outvars]

    def choose(at: int) -> list[ir.Value]:
        """Emits the branches from `at` on."""
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
        if again.rank:  # from a vmap: runs while any element continues
            again = dl.greater(dl.reduce_max(f.e.cast(again, "i32")), 0)
        again = f.m._op("tensor.extract", [again], None, ["i1"])[0]
        f.m._op("scf.condition", [again, *given], None, [])
    with f.m.region(*kinds) as given:
        found = f.call(p["body_jaxpr"], [*body, *given])
        if p["cond_jaxpr"].out_avals[0].shape:  # finished elements keep their values
            goes = f.call(p["cond_jaxpr"], [*test, *given])[0]
            found = [_where(f, goes, new, old) for new, old in zip(found, given)]
        f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(found, kinds)], None, [])
    return f.m._op("scf.while", carried, None, kinds, regions=2)


def _where(f: Emission, goes: ir.Value, new: ir.Value, old: ir.Value) -> ir.Value:
    extents = f.e.extents(goes)
    return dl.select(f.e.reshape(goes, [*extents, *[1] * (new.rank - goes.rank)]), new, old)


@primitive("copy", "copy_p", "optimization_barrier", "sharding_constraint", "device_put",
           "mesh_cast", "pvary", "name", "random_wrap", "random_unwrap", "reshard")
def same(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
    return list(values)


@primitive("dim_as_value")
def dim_as_value(f: Emission, eqn: Any) -> ir.Value:
    dim = eqn.params["dim"]
    return f.scalar(int(dim) if is_number(dim) else f.extent(dim),
                    ir.element_of(eqn.outvars[0].aval.dtype))
