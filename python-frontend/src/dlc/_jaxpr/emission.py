"""Jaxprs, primitive by primitive, as ops of dl.

Extents are numbers or one free one, the first of the inputs ("batch"). What a primitive means
is said by jax.lax's own pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    import numpy.typing as npt

    from .._emit.emitter import Emitter, Extent, Function

_PRIMITIVES: dict[str, Callable[..., Any]] = {}


class UnknownPrimitives(Exception):
    """What dlc lacks of a function, all of it."""


def primitive(*names: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        for name in names:
            _PRIMITIVES[name] = function
        return function
    return register


def missing(jaxpr: Any) -> list[str]:
    """The primitives in a jaxpr that dlc lacks, sorted."""
    found = set()
    for inner in _all(jaxpr):
        found |= {str(eqn.primitive) for eqn in inner.eqns} - set(_PRIMITIVES)
    return sorted(found)


def _all(jaxpr: Any) -> Iterator[Any]:
    """A jaxpr and those in its equations' parameters."""
    yield jaxpr
    for eqn in jaxpr.eqns:
        for value in eqn.params.values():
            for item in value if isinstance(value, (list, tuple)) else [value]:
                item = getattr(item, "jaxpr", item)
                if hasattr(item, "eqns"):
                    yield from _all(item)


def _place_of(eqn: Any) -> str:
    """The line of the user's code: `net.py:12 (cell)`."""
    try:
        from jax._src import source_info_util
        frame = source_info_util.user_frame(eqn.source_info.traceback)
        return f"{frame.file_name.rpartition('/')[2]}:{frame.start_line} ({frame.function_name})"
    except Exception:  # JAX's own matters: a place is no reason to fail
        return str(eqn.primitive)


# Whose derivatives are those of what they compute, but for single points.
_PLAIN = {"relu", "logaddexp", "logaddexp2", "logsumexp", "sinc", "xlogy", "xlog1py"}


def hides_gradients(jaxpr: Any) -> list[str]:
    """What has a derivative of its own, which dlc would not see: words for each."""
    found = []
    for inner in _all(jaxpr):
        makers = {v: eqn for eqn in inner.eqns for v in eqn.outvars}
        for eqn in inner.eqns:
            name = str(eqn.primitive)
            if name.startswith("custom_vjp"):
                found.append(f"custom_vjp of {name_of(eqn)}")
            elif name.startswith("custom_jvp") and name_of(eqn) not in _PLAIN:
                found.append(f"custom_jvp of {name_of(eqn)}")
            elif name == "stop_gradient" and not _is_shift(inner, makers, eqn):
                found.append("stop_gradient")
    return found


def name_of(eqn: Any) -> str:
    """The name of the function that a call holds, "?" where JAX does not say."""
    inner = next((eqn.params[k] for k in ("call_jaxpr", "fun_jaxpr", "jaxpr")
                  if k in eqn.params), None)
    about = getattr(getattr(inner, "jaxpr", inner), "debug_info", None)
    words = str(getattr(about, "func_name", None) or getattr(about, "func_src_info", "")).split()
    return eqn.params.get("name") or (words[0] if words else "?")


def _is_shift(jaxpr: Any, makers: Mapping[Any, Any], stop: Any) -> bool:
    """Whether what is stopped is the maximum that a softmax or a logsumexp takes off its
    operand, and may add again: there no gradient and the gradient are the same."""
    value = stop.invars[0]
    while not hasattr(value, "val") and value in makers:
        eqn = makers[value]
        name = str(eqn.primitive)
        if name == "reduce_max":
            uses = [e for e in jaxpr.eqns if any(v is stop.outvars[0] for v in e.invars)]
            return any(str(e.primitive) == "sub" and e.invars[0] is eqn.invars[0]
                       for e in uses) and all(
                str(e.primitive) in ("sub", "squeeze", "reshape", "add") for e in uses)
        if name not in ("broadcast_in_dim", "max", "reshape", "select_n", "squeeze", "is_finite"):
            return False
        value = next((v for v in reversed(eqn.invars) if not hasattr(v, "val")), None)
    return False


class Emission:
    """Equations into the function of a module that is open.

    e: an Emitter; free: the value of the free extent, an index, or None.
    """

    def __init__(self, e: Emitter, free: Extent | None) -> None:
        self.e, self.m, self.free = e, e.module, free
        # Of the jaxpr that is being written.
        self.known: dict[Any, ir.Value] = {}
        self.makers: dict[Any, Any] = {}

    def run(self, jaxpr: Any, constants: Sequence[ir.Value],
            arguments: Sequence[ir.Value]) -> list[ir.Value]:
        """The values of a jaxpr's results."""
        outside = self.known, self.makers
        known: dict[Any, ir.Value] = {}
        self.known = known
        self.makers = {v: eqn for eqn in jaxpr.eqns for v in eqn.outvars}

        def read(v: Any) -> ir.Value:
            if hasattr(v, "val"):
                return self.constant(v.val, v.aval.dtype)
            return known[v]
        known.update(zip(jaxpr.constvars, constants))
        known.update(zip(jaxpr.invars, arguments))
        for eqn in jaxpr.eqns:
            with self.m.place(_place_of(eqn)):
                results = _PRIMITIVES[str(eqn.primitive)](
                    self, eqn, *[read(v) for v in eqn.invars])
            known.update(zip(eqn.outvars, results if isinstance(results, (list, tuple))
                             else [results]))
        results = [read(v) for v in jaxpr.outvars]
        self.known, self.makers = outside
        return results

    def constant(self, value: Any, dtype: npt.DTypeLike) -> ir.Value:
        return self.m.constant(np.asarray(value, dtype))

    def extents(self, shape: Iterable[Any]) -> list[Extent]:
        return [self.extent(e) for e in shape]

    def extent(self, e: Any) -> Extent:
        """A number, or the free extent's value."""
        if isinstance(e, (int, np.integer)):
            return int(e)
        terms = str(e)
        if self.free is not None:
            if terms == str(self.symbol):
                return self.free
            if terms.startswith(f"{self.symbol}*"):  # as JAX writes products by numbers
                return self.e.product([self.free, int(terms.partition("*")[2])])
            if terms.endswith(f"*{self.symbol}"):
                return self.e.product([int(terms.partition("*")[0]), self.free])
        raise ir.IRError(f"the extent {e} is neither a number nor a multiple of the first one; "
                         "batch='fixed' takes those of the example")

    def scalar(self, extent: Extent, kind: str) -> ir.Value:
        """An extent as a tensor of rank 0."""
        if isinstance(extent, int):
            return self.m.constant(extent, kind)
        number = self.m._op("arith.index_cast", [extent], None, [kind])[0]
        return self.m._op("tensor.from_elements", [number], None, [f"tensor<{kind}>"])[0]

    symbol = "batch"

    def type(self: Emission | None, aval: Any) -> str:
        return ir.type_of([int(e) if isinstance(e, (int, np.integer)) else None
                           for e in aval.shape], ir.element_of(aval.dtype))

    def call(self, closed: Any, arguments: Sequence[ir.Value]) -> list[ir.Value]:
        inner, constants = (closed.jaxpr, closed.consts) if hasattr(closed, "consts") else \
            (closed, [])
        return self.run(inner, [self.constant(c, c.dtype) for c in map(np.asarray, constants)],
                        arguments)
