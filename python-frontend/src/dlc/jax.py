# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of JAX.

    model = dlc.from_jax(function, x, parameters=parameters)   # function(parameters, x)
    history = model.fit(x, y, loss="mse", epochs=3)
    parameters = model.tree                                    # what was learnt, as a pytree
    model.export("model.so")

    gradient = dlc.grad(loss)(parameters, x, y)                # as jax.grad, compiled by dlc

A function becomes a jaxpr, whose primitives become ops of dl (docs/jax.md).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from . import ir
from ._compile import CompileError, compile
from ._converted import Converted
from ._jaxpr import (
    Emission,
    HiddenGradient,
    UnknownPrimitives,
    is_key,
    is_number,
    missing,
    solve,
)
from ._model import Model, need

if TYPE_CHECKING:
    from collections.abc import Callable, KeysView, Mapping, Sequence

    import numpy.typing as npt

    from ._library import Function




def _trace(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Any, Any]:
    """(jaxpr, its constants, the tree of its results) of a function."""
    jax = need("jax", "jax")
    try:
        closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    except Exception as problem:
        if type(problem).__name__ != "InconclusiveDimensionOperation":
            raise
        raise CompileError(
            f"{_name(function)} asks for more of a free extent than is known: "
            f"{str(problem).splitlines()[0]} Give batch='fixed' for the extents of the example, "
            "or a jax.ShapeDtypeStruct with an extent of jax.export.symbolic_shape(\"b\", "
            "constraints=[\"b >= 4\"])") from problem
    lacks = missing(closed.jaxpr)
    if lacks:
        raise UnknownPrimitives(f"{_name(function)} uses primitives of JAX that dlc lacks:" +
                                "".join(f"\n  {lack}" for lack in lacks))
    return closed, jax.tree.structure(shapes)


def _name(function: Callable[..., Any]) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name


def _emit(module: ir.Module, closed: Any, arguments: Sequence[ir.Value],
          learns: bool = False) -> list[ir.Value]:
    """Emits a jaxpr on values of the current function, and returns its results. learns: whether
    they are differentiated."""
    from ._emit.emitter import Emitter
    e = Emitter(module, {}, None)
    symbols = solve(e, arguments, [Emission.shape(v.aval) for v in closed.jaxpr.invars])
    return Emission(e, symbols, learns).call(closed, arguments)


def from_jax(function: Callable[..., Any], *example: Any, parameters: Any = None,
             batch: str = "free") -> JaxModel:
    """Converts a JAX function to a model of dlc.

    function: takes the arrays of the example, or (parameters, arrays...) if parameters are given.
    example: arrays, or jax.ShapeDtypeStructs, with the shapes and types of the inputs; keys of
    jax.random too. Extents from jax.export.symbolic_shape are free, each under its name; all others
    are then fixed.
    parameters: a pytree of arrays, which `fit` trains; each is named by its path, `0/w`.
    batch: "free": the first extent of each input is free and shared by all inputs; "fixed": all
    extents are those of the example.

    Raises UnknownPrimitives with everything that dlc lacks, where it is used, and what to do
    instead.
    """
    if batch not in ("free", "fixed"):
        raise ValueError(f"batch '{batch}', expected 'free' or 'fixed'")
    return JaxModel(function, example, parameters, batch == "free")


class JaxModel(Model):
    """A JAX function that predicts and trains by compiled code."""

    def __init__(self, function: Callable[..., Any], example: Sequence[Any], parameters: Any,
                 is_free: bool) -> None:
        super().__init__(_name(function))
        jax = need("jax", "jax")
        self._jax, self._has_parameters = jax, parameters is not None
        leaves, self._tree = jax.tree_util.tree_flatten_with_path(parameters)
        self._values = {"/".join(_key(k) for k in path): np.asarray(
                            leaf, jax.dtypes.canonicalize_dtype(np.asarray(leaf).dtype))
                        for path, leaf in leaves}
        if len(self._values) != len(leaves):
            raise ValueError("two of the parameters have the same path, joined by '/': "
                             "rename a key")
        is_named = any(not is_number(e) for v in example for e in getattr(v, "shape", ()))
        is_free = is_free and not is_named
        first = jax.export.symbolic_shape(Emission.symbol)[0] if is_free else None

        def shaped(value: Any, is_input: bool) -> Any:
            value = value if hasattr(value, "shape") else np.asarray(value)
            shape = tuple(value.shape)
            if is_free and is_input and shape:
                shape = (first, *shape[1:])
            return jax.ShapeDtypeStruct(shape, value.dtype if is_key(value) else
                                        jax.dtypes.canonicalize_dtype(value.dtype))
        self._inputs = [shaped(v, True) for v in example]
        known = [jax.tree.map(lambda v: shaped(v, False), parameters)] if self._has_parameters \
            else []
        self._closed, self._results = _trace(function, [*known, *self._inputs])

    @property
    def tree(self) -> Any:
        """The current parameters, as the given pytree of arrays."""
        self._pull()
        return self._jax.tree_util.tree_unflatten(self._tree, [np.array(v) for v in
                                                               self._values.values()])

    def _names(self) -> KeysView[str]:
        return {n: v for n, v in self._values.items() if v.dtype.kind == "f" and v.ndim}.keys()

    def _value(self, name: str) -> npt.NDArray[Any]:
        return self._values[name]

    def _store(self, name: str, value: npt.NDArray[Any]) -> None:
        self._values[name] = value

    def to_module(self) -> ir.Module:
        """The function as a dlc.ir.Module with the current parameters."""
        self._pull()
        return self._form()

    def _form(self, training: bool = False,
              values: Mapping[str, npt.NDArray[Any]] | None = None) -> ir.Module:
        module, values = ir.Module(), {**self._values, **(values or {})}
        for name, value in values.items():
            module.add_global(name, value)
        types = {f"x{i}" if len(self._inputs) > 1 else "x": Emission.type(s)
                 for i, s in enumerate(self._inputs)}
        with module.function("predict", public=True, **types) as f:
            results = _emit(module, self._closed,
                            [*[module.load(n) for n in values], *f.arguments], training)
            f.returns(**{f"y{i}" if len(results) > 1 else "y": v for i, v in enumerate(results)})
        return module

    def predict(self, *inputs: npt.ArrayLike) -> Any:
        """The results of the function, as arrays in its own tree."""
        self._converted.tell(inputs, [s.dtype for s in self._inputs])
        inputs = tuple(np.asarray(self._jax.random.key_data(a)) if is_key(a) else a
                       for a in inputs)
        outputs = super().predict(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return self._jax.tree_util.tree_unflatten(self._results, outputs)

    def __repr__(self) -> str:
        count = sum(v.size for v in self._values.values())
        shapes = ", ".join(f"{s.dtype}{list(map(str, s.shape))}".replace("'", "")
                           for s in self._inputs)
        return f"<{self._name}({shapes}), {count:,} parameters>"


def _key(entry: Any) -> str:
    """One step of the path in a pytree, as text."""
    return str(next(getattr(entry, k) for k in ("key", "name", "idx") if hasattr(entry, k)))


def grad(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The gradient of a scalar JAX function with respect to one of its arguments, like jax.grad. It
    is dlc's derivative, compiled for the shapes of the arguments."""
    jax = need("jax", "jax")
    if not isinstance(argnums, int):
        raise TypeError(f"argnums is {argnums!r}, expected the number of one argument, which may "
                        "be a pytree")
    compiled: dict[Any, Function] = {}
    converted = Converted(f"the gradient of {_name(function)}")

    def plain(value: Any) -> npt.NDArray[Any]:
        array = np.asarray(jax.random.key_data(value) if is_key(value) else value)
        return np.asarray(array, jax.dtypes.canonicalize_dtype(array.dtype), order="C")

    @functools.wraps(function)
    def gradient(*arguments: Any) -> Any:
        leaves, trees = zip(*[jax.tree_util.tree_flatten(a) for a in arguments])
        given = [v for part in leaves for v in part]
        flat = [plain(v) for v in given]
        converted.tell(given, [v.dtype for v in flat])
        key = (trees, tuple((v.shape, v.dtype.str) for v in flat))
        if key not in compiled:
            compiled[key] = _gradient(function, arguments, leaves, argnums)
        found = compiled[key](*flat)
        found = found if isinstance(found, tuple) else (found,)
        return jax.tree_util.tree_unflatten(trees[argnums], found)
    return gradient


def _gradient(function: Callable[..., Any], arguments: Sequence[Any],
              leaves: Sequence[Sequence[Any]], argnums: int) -> Function:
    closed, _ = _trace(function, arguments)
    shape = closed.jaxpr.outvars[0].aval.shape
    if len(closed.jaxpr.outvars) != 1 or shape:
        raise CompileError(f"{_name(function)} gives {len(closed.jaxpr.outvars)} results of which "
                           f"the first has shape {list(shape)}, expected one number")
    types = {f"x{i}": Emission.type(v.aval) for i, v in enumerate(closed.jaxpr.invars)}
    try:
        module = ir.Module()
        with module.function("f", public=False, **types) as f:
            f.returns(y=_emit(module, closed, f.arguments, learns=True)[0])
    except HiddenGradient:  # uses JAX's derivative, compiled like any other function
        jax, module = need("jax", "jax"), ir.Module()
        closed, _ = _trace(jax.grad(function, argnums), arguments)
        with module.function("gradient", public=True, **types) as f:
            f.returns(**{f"g{i}": v for i, v in enumerate(_emit(module, closed, f.arguments))})
        return next(iter(compile(module).functions.values()))
    start = sum(len(part) for part in leaves[:argnums])
    wanted = list(range(start, start + len(leaves[argnums])))
    with module.function("gradient", public=True, **types) as f:
        results = module.op("dl.grad", f.arguments, callee="f", wrt=wanted,
                            types=[list(types.values())[i] for i in wanted])
        results = results if isinstance(results, tuple) else (results,)
        f.returns(**{f"g{i}": v for i, v in enumerate(results)})
    return next(iter(compile(module).functions.values()))
