# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of keras.ops, which are nodes of functional models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .core import ACTIVATIONS
from .emitter import UnknownLayers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .emitter import Config, Emitter, Function

_OPERATIONS: dict[str, Callable[..., ir.Value]] = {}

_UNARY = {"Absolute": "abs", "Abs": "abs", "Negative": "neg", "Exp": "exp", "Log": "log",
          "Sqrt": "sqrt", "Rsqrt": "rsqrt", "Square": "square", "Sin": "sin", "Cos": "cos",
          "Tanh": "tanh", "Sigmoid": "sigmoid", "Relu": "relu", "Sign": "sign", "Floor": "floor",
          "Ceil": "ceil", "Round": "round", "Erf": "erf", "Reciprocal": "reciprocal",
          "Softplus": "softplus", "Silu": "silu", "LogicalNot": "not_"}
_BINARY = {"Add": "add", "Subtract": "sub", "Multiply": "mul", "Divide": "div",
           "TrueDivide": "div", "Maximum": "maximum", "Minimum": "minimum", "Power": "pow",
           "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less",
           "LessEqual": "less_equal", "Equal": "equal", "NotEqual": "not_equal",
           "LogicalAnd": "and_", "LogicalOr": "or_", "Matmul": "matmul"}
_REDUCTIONS = {"Sum": "reduce_sum", "Mean": "reduce_mean", "Max": "reduce_max",
               "Min": "reduce_min", "Amax": "reduce_max", "Amin": "reduce_min"}


def operation(*names: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        for name in names:
            _OPERATIONS[name] = function
        return function
    return register


def known_operations() -> list[str]:
    return sorted({*_OPERATIONS, *_UNARY, *_BINARY, *_REDUCTIONS, *_by_activation()})


def _by_activation() -> dict[str, str]:
    return {name.title().replace("_", ""): name for name in ACTIVATIONS}


def emit_operation(e: Emitter, name: str, config: Config, path: str, args: Sequence[Any],
                   kwargs: Mapping[str, Any]) -> Any:
    """The result of an operation of keras.ops."""
    with e.module.place(path):
        if name in _OPERATIONS:
            return _OPERATIONS[name](e, config, *args, **kwargs)
        if name in _UNARY:
            return getattr(dl, _UNARY[name])(args[0])
        if name in _BINARY:
            a, b = args
            module = (a if isinstance(a, ir.Value) else b).module
            return module.op(f"dl.{_BINARY[name].rstrip('_')}", a, b)
        if name in _REDUCTIONS:
            axes = config.get("axis", kwargs.get("axis"))
            axes = [axes] if isinstance(axes, int) else axes
            return getattr(dl, _REDUCTIONS[name])(
                args[0], axes=axes, keep_dims=bool(config.get("keepdims")))
        activation = _by_activation().get(name)
        if activation:
            return _activated(e, activation, config, args[0])
    return None


# Activations whose parameters dlc supports only with these values.
_FIXED = {"celu": ("alpha", 1.0), "soft_shrink": ("threshold", 0.5),
          "hard_shrink": ("threshold", 0.5), "squareplus": ("b", 4)}


def _activated(e: Emitter, name: str, config: Config, x: ir.Value) -> ir.Value:
    if name == "leaky_relu":
        return dl.leaky_relu(x, alpha=float(config.get("negative_slope", 0.2)))
    if name == "elu":
        return dl.elu(x, alpha=float(config.get("alpha", 1.0)))
    if name == "gelu":
        return dl.gelu_tanh(x) if config.get("approximate", True) else dl.gelu(x)
    key, number = _FIXED.get(name, ("", None))
    if key in config and config[key] != number:
        raise UnknownLayers(f"{config.get('name')} (keras.ops {name} with {key}={config[key]})")
    return ACTIVATIONS[name](e, x)


@operation("Any", "All")
def any_(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    axes = config.get("axis")
    axes = [axes] if isinstance(axes, int) else axes
    kept = bool(config.get("keepdims"))
    truths = e.cast(x, "f32")
    if config["name"].startswith("all"):
        return dl.greater(dl.reduce_min(truths, axes=axes, keep_dims=kept), 0.5)
    return dl.greater(dl.reduce_max(truths, axes=axes, keep_dims=kept), 0.5)


@operation("Reshape")
def reshape(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    shape = list(config["newshape"])
    # Keras writes a free batch as None or -1.
    first = e.extent(x, 0) if shape[0] in (None, -1) and -1 in shape[1:] else shape[0]
    return e.reshape(x, [first, *shape[1:]])


@operation("Transpose")
def transpose(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return e.transpose(x, config.get("axes") or list(range(x.rank))[::-1])


@operation("ExpandDims")
def expand_dims(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return e.unsqueeze(x, config["axis"])


@operation("Squeeze")
def squeeze(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return e.squeeze(x, config["axis"])


@operation("Concatenate")
def concatenate(e: Emitter, config: Config, values: Sequence[ir.Value], *_: Any) -> ir.Value:
    return dl.concat(list(values), axis=(config.get("axis") or 0) % values[0].rank)


@operation("Softmax")
def softmax(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return dl.softmax(x, axis=config.get("axis", -1))


@operation("LogSoftmax")
def log_softmax(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return dl.log_softmax(x, axis=config.get("axis", -1))


@operation("Clip")
def clip(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return dl.clip(x, low=config["x_min"], high=config["x_max"])


@operation("Cast")
def cast(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    return e.cast(x, ir.element_of(config["dtype"]))


@operation("Take")
def take(e: Emitter, config: Config, x: ir.Value, index: ir.Value, *_: Any) -> ir.Value:
    axis = config.get("axis")
    if axis is None:
        x, axis = e.reshape(x, [-1]), 0
    return dl.gather(x, e.cast(index, "i64"), axis=axis % x.rank)


@operation("ZerosLike", "OnesLike")
def alike(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    kind = config.get("dtype")
    element = x.element if kind is None else ir.element_of(kind)
    number = float(config["name"].startswith("ones"))
    return dl.greater(e.full(e.extents(x), number), 0.5) if element == "i1" else \
        e.full(e.extents(x), number, element)


@operation("Where")
def where(e: Emitter, config: Config, condition: ir.Value, a: Any, b: Any) -> ir.Value:
    return dl.select(condition, a, b)


@operation("GetItem")
def get_item(e: Emitter, config: Config, x: ir.Value, key: Any) -> ir.Value:
    """x[key] for integers, slices, None and an ellipsis."""
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    if ... in keys:
        at = keys.index(...)
        fill = x.rank - sum(k is not None for k in keys) + 1
        keys[at:at + 1] = [slice(None)] * fill
    axis = 0
    for k in keys:
        if k is None:
            x = e.unsqueeze(x, axis)
            axis += 1
        elif isinstance(k, slice):
            if k != slice(None):
                x = e.slice(x, axis, k.start or (0 if (k.step or 1) > 0 else -1), k.stop,
                            k.step or 1)
            axis += 1
        else:
            x = e.squeeze(e.slice(x, axis, k, k + 1 if k != -1 else None), axis)
    return x


@operation("ConvertToTensor")
def convert_to_tensor(e: Emitter, config: Config, x: ir.Value, *_: Any) -> ir.Value:
    """Losses begin with it; a tensor is unchanged."""
    return x if config.get("dtype") is None else e.cast(x, ir.element_of(config["dtype"]))
