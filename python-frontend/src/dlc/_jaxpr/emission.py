# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Emits a jaxpr, primitive by primitive, as ops of dl.

Extents are numbers, or computed from the free extents of inputs. The documentation of jax.lax
defines the primitives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import ir
from .extents import Extents, is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    import numpy.typing as npt

    from .._emit.emitter import Emitter, Extent, Function

PRIMITIVES: dict[str, Callable[..., Any]] = {}


def primitive(*names: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        for name in names:
            PRIMITIVES[name] = function
        return function
    return register


def jaxprs_of(eqn: Any) -> Iterator[Any]:
    """The jaxprs in the parameters of an equation; of branches by platform, only that of the CPU.
    """
    platforms = eqn.params.get("branches_platforms")
    for key, value in eqn.params.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        if key == "branches" and platforms is not None:
            items = [items[on_cpu(platforms)]]
        for item in items:
            item = getattr(item, "jaxpr", item)
            if hasattr(item, "eqns"):
                yield item


def on_cpu(platforms: Sequence[Sequence[str] | None]) -> int:
    """The index of the CPU's branch among those by platform: its own, or the default."""
    return next(i for i, names in enumerate(platforms) if names is None or "cpu" in names)


def all_equations(jaxpr: Any, place: str = "") -> Iterator[tuple[Any, str]]:
    """The equations of a jaxpr and of nested ones, each with its place. JAX traces its own
    functions once, wherever they are called, so inside them the place is that of the call."""
    is_own = _is_of_jax(jaxpr)
    for eqn in jaxpr.eqns:
        here = place_of(eqn)
        here = place if place and (is_own or here == str(eqn.primitive)) else here
        yield eqn, here
        for inner in jaxprs_of(eqn):
            yield from all_equations(inner, here)


def _is_of_jax(jaxpr: Any) -> bool:
    import jax
    about = getattr(jaxpr, "debug_info", None)
    source = getattr(about, "func_filename", None) or getattr(about, "func_src_info", None) or ""
    return jax.__file__.rpartition("/")[0] + "/" in source


def place_of(eqn: Any) -> str:
    """The line of the user's code, `net.py:12 (cell)`; the primitive if it is unknown."""
    try:
        from jax._src import source_info_util
        frame = source_info_util.user_frame(eqn.source_info.traceback)
        return f"{frame.file_name.rpartition('/')[2]}:{frame.start_line} ({frame.function_name})"
    except Exception:  # depends on internals of JAX: a missing place is no reason to fail
        return str(eqn.primitive)


def name_of(eqn: Any) -> str:
    """The name of the function that a call contains, "?" if JAX does not say."""
    inner = next((eqn.params[k] for k in ("call_jaxpr", "fun_jaxpr", "jaxpr")
                  if k in eqn.params), None)
    about = getattr(getattr(inner, "jaxpr", inner), "debug_info", None)
    words = str(getattr(about, "func_name", None) or getattr(about, "func_src_info", "")).split()
    return eqn.params.get("name") or (words[0] if words else "?")


def is_key(aval: Any) -> bool:
    """Whether elements are random keys, each of two 32-bit words."""
    return str(getattr(aval, "dtype", "")).startswith("key<")


def is_nothing(aval: Any) -> bool:
    """Whether a value is the derivative of an integer, which has no elements."""
    from jax.dtypes import float0
    return bool(getattr(aval, "dtype", None) == float0)


class Emission:
    """Emits equations into the current function of a module.

    e: an Emitter; symbols: the values of the free extents. learns: whether the result is
    differentiated, so that ops without derivatives must be refused.
    """

    symbol = "batch"

    def __init__(self, e: Emitter, symbols: Mapping[str, Extent], learns: bool = False) -> None:
        self.e, self.m, self.learns = e, e.module, learns
        self.shapes = Extents(e, symbols)
        # The state for the jaxpr being emitted.
        self.known: dict[Any, ir.Value] = {}
        self.makers: dict[Any, Any] = {}
        self.jaxpr: Any = None

    def run(self, jaxpr: Any, constants: Sequence[ir.Value],
            arguments: Sequence[ir.Value]) -> list[ir.Value]:
        """Returns the values of the results of a jaxpr."""
        outside = self.known, self.makers, self.jaxpr
        known: dict[Any, ir.Value] = {}
        self.known, self.jaxpr = known, jaxpr
        self.makers = {v: eqn for eqn in jaxpr.eqns for v in eqn.outvars}

        def read(v: Any) -> ir.Value:
            if hasattr(v, "val"):
                return self.constant(v.val, v.aval.dtype)
            return known[v]
        known.update(zip(jaxpr.constvars, constants))
        known.update(zip(jaxpr.invars, arguments))
        for eqn in jaxpr.eqns:
            if eqn.outvars and all(is_nothing(v.aval) for v in eqn.outvars):
                continue
            with self.m.place(place_of(eqn)):
                found = PRIMITIVES[str(eqn.primitive)](self, eqn, *[read(v) for v in eqn.invars])
                results = found if isinstance(found, (list, tuple)) else [found]
                self._check(eqn, results)
            known.update(zip(eqn.outvars, results))
        results = [read(v) for v in jaxpr.outvars]
        self.known, self.makers, self.jaxpr = outside
        return results

    def _check(self, eqn: Any, results: Sequence[ir.Value]) -> None:
        """Checks that a result has the type that JAX gave it."""
        for v, result in zip(eqn.outvars, results):
            want = self.type(v.aval)
            shape = [int(s) if is_number(s) else None for s in self.shape(v.aval)]
            fits = result.rank == len(shape) and all(
                a == b or None in (a, b) for a, b in zip(result.shape, shape))
            if not fits or result.element != self.element(v.aval):
                raise ir.IRError(f"{eqn.primitive} became {result.type}, JAX has {want}: this "
                                 "use of it is not known to dlc")

    def constant(self, value: Any, dtype: npt.DTypeLike) -> ir.Value:
        if str(dtype).startswith("key<"):
            import jax
            return self.m.constant(np.asarray(jax.random.key_data(value)))
        return self.m.constant(np.asarray(value, dtype))

    def extents(self, shape: Iterable[Any]) -> list[Extent]:
        return [self.extent(e) for e in shape]

    def extent(self, e: Any) -> Extent:
        """A number, or the value of an extent that depends on free ones."""
        return self.shapes.value(e)

    def scalar(self, extent: Extent, kind: str) -> ir.Value:
        """An extent as a tensor of rank 0."""
        if isinstance(extent, int):
            return self.m.constant(extent, kind)
        wide = self.m._op("arith.index_cast", [extent], None, ["i64"])[0]
        wide = self.m._op("tensor.from_elements", [wide], None, ["tensor<i64>"])[0]
        return self.e.cast(wide, kind)

    def line(self, extent: Extent, kind: str = "i64") -> ir.Value:
        """0, 1, ..."""
        if isinstance(extent, int):
            return self.m.constant(np.arange(extent), kind)
        whole: ir.Value = self.m.op("dl.iota", [extent], axis=0, types=["tensor<?xi64>"])
        return self.e.cast(whole, kind)

    def like(self, x: ir.Value, number: float) -> ir.Value:
        """A tensor filled with a number, with the shape of x."""
        return self.e.full(self.e.extents(x), number, x.element)

    @staticmethod
    def shape(aval: Any) -> tuple[Any, ...]:
        """The shape of a value in dlc, where keys are two words."""
        return (*aval.shape, 2) if is_key(aval) else tuple(aval.shape)

    @staticmethod
    def element(aval: Any) -> str:
        return "ui32" if is_key(aval) else ir.element_of(aval.dtype)

    @classmethod
    def type(cls, aval: Any) -> str:
        return ir.type_of([int(e) if is_number(e) else None for e in cls.shape(aval)],
                          cls.element(aval))

    def call(self, closed: Any, arguments: Sequence[ir.Value]) -> list[ir.Value]:
        inner, constants = (closed.jaxpr, closed.consts) if hasattr(closed, "consts") else \
            (closed, [])
        return self.run(inner, [self.constant(c, c.dtype) for c in constants], arguments)

    def trace(self, function: Callable[..., Any], types: Sequence[Any],
              arguments: Sequence[ir.Value]) -> list[ir.Value]:
        """Traces and emits a JAX function; returns its results for values of these types."""
        import jax
        return self.call(jax.make_jaxpr(function)(*types), arguments)
