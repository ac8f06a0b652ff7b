# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models as graphs of layers: Sequential and functional ones, which may be nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import dl, ir
from .cells import _CELLS
from .core import add_activity_loss
from .emitter import _LAYERS, Layer, UnknownLayers, emit, unsupported
from .operations import emit_operation, known_operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .emitter import Config, Emitter

    Place = Sequence[Any]  # the name of a layer, the index of its call, the index of the result

_SEQUENTIAL, _FUNCTIONAL = {"Sequential"}, {"Functional", "Model"}

# Layers that read the mask of their input, and those that pass it on.
_TAKES_MASK = {"SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D",
               "ConvLSTM3D", "Softmax", "GlobalAveragePooling1D", "GlobalAvgPool1D",
               "BatchNormalization"}
_HANDS_MASK_ON = {
    "InputLayer", "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "Dense",
    "EinsumDense", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout",
    "AlphaDropout", "ActivityRegularization", "BatchNormalization", "LayerNormalization",
    "RMSNormalization", "GroupNormalization", "UnitNormalization", "Identity", "Add", "Subtract",
    "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Rescaling", "Normalization",
    "SpatialDropout2D", "SpatialDropout3D", "TimeDistributed",
    "MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention", "RepeatVector"}


_MERGES = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"}


def is_model(item: Config) -> bool:
    return item["class_name"] in _SEQUENTIAL | _FUNCTIONAL


def is_operation(item: Config) -> bool:
    """Whether it is a function of keras.ops. Old files do not say so: layers with these names take
    a list, functions two values."""
    module, name = item.get("module"), item["class_name"]
    if module:
        return "ops" in module.split(".")
    nodes = item.get("inbound_nodes") or []
    return name in known_operations() and (
        name not in _LAYERS or any(len(n["args"]) == 2 for n in nodes if isinstance(n, dict)))


def unknown_layers(item: Config, path: str = "") -> list[str]:
    """All unknown layers of a model, as `path (class)`."""
    config, name = item["config"], item["class_name"]
    here = f"{path}/{config.get('name', name)}" if path else config.get("name", name)
    if is_model(item):
        found = [u for inner in config["layers"] for u in unknown_layers(inner, here)]
        learning = unknown_layers(item["learning"], path) if "learning" in item else []
        return list(dict.fromkeys([*found, *learning]))
    if is_operation(item):
        return [] if name in known_operations() else [f"{here} (keras.ops {name})"]
    inside = [config[k] for k in ("layer", "backward_layer") if isinstance(config.get(k), dict)]
    cells = [config["cell"]] if isinstance(config.get("cell"), dict) else []
    asked = unsupported(config)
    return ([f"{here} ({name})"] if name not in _LAYERS else
            [f"{here} ({name} with {', '.join(asked)})"] if asked else []) + \
        [u for inner in inside for u in unknown_layers(inner, here)] + \
        [f"{here} ({c['class_name']}, a cell)" for c in cells
         if c["class_name"] not in (*_CELLS, "__traced__")] + \
        [u for c in cells if c["class_name"] == "__traced__"
         for u in unknown_layers(c["config"]["model"], here)]


def emit_model(e: Emitter, item: Config, inputs: Any, path: str = "",
               trainable: bool = True) -> Any:
    """The outputs of a model for values: one, or a list as in the model.

    item["learning"], if present, is its form in training. item["losses"] says how many of the last
    outputs are terms of the loss."""
    if e.training and "learning" in item:
        item = {**item["learning"], "identity": item.get("identity")}
    y = _outputs(e, item, inputs, path, trainable)
    if item.get("losses"):
        y, terms = y[:-item["losses"]], y[-item["losses"]:]
        e.losses += [dl.reduce_sum(t) if t.rank else t for t in terms]
        y = y[0] if len(y) == 1 else y
    if item.get("activity_regularizer"):
        add_activity_loss(e, item["activity_regularizer"], y[0] if isinstance(y, list) else y)
    return y


def _outputs(e: Emitter, item: Config, inputs: Any, path: str, trainable: bool) -> Any:
    config = item["config"]
    path = e.home(item.get("identity"), f"{path}/{config['name']}" if path else config["name"])
    trainable = trainable and config.get("trainable", True)
    if item["class_name"] in _SEQUENTIAL:
        return _sequential(e, config, inputs, path, trainable)
    return _functional(e, config, inputs, path, trainable)


def _apply(e: Emitter, item: Config, args: Sequence[Any], kwargs: dict[str, Any], path: str,
           trainable: bool, is_traced: bool = False) -> Any:
    """Applies a layer or an inner model to the values of one call. is_traced: whether the layer
    gets `training` of the call; a functional model of Keras passes its own mode to all."""
    mode = kwargs.get("training")
    kwargs = {k: v for k, v in kwargs.items() if k != "training"}
    with e.mode(mode if is_traced and isinstance(mode, bool) else None):
        return _applied(e, item, args, kwargs, path, trainable)


def _applied(e: Emitter, item: Config, args: Sequence[Any], kwargs: dict[str, Any], path: str,
             trainable: bool) -> Any:
    config = item["config"]
    if is_model(item):
        inputs = args[0] if len(args) == 1 and not any(
            isinstance(v, ir.Value) for v in kwargs.values()) else list(_values([args, kwargs]))
        return emit_model(e, item, inputs, path, trainable)
    name = config.get("name", item.get("name", item["class_name"]))
    if is_operation(item):
        y = emit_operation(e, item["class_name"], config, f"{path}/{name}", args, kwargs)
        if y is None:
            raise UnknownLayers(f"{path}/{name} (keras.ops {item['class_name']})")
        return y
    made = Layer(item["class_name"], config, e.home(item.get("identity"), f"{path}/{name}"),
                 trainable and config.get("trainable", True))
    if item["class_name"] in ("MultiHeadAttention", "GroupedQueryAttention",
                              "GroupQueryAttention"):
        found = dict(zip(("query", "value", "key"), args))
        masks = {f"{k}_mask": _mask(found.get(k, kwargs.get(k))) for k in ("query", "value", "key")}
        kwargs = {**{k: m for k, m in masks.items() if m is not None}, **kwargs}
    elif item["class_name"] in ("Attention", "AdditiveAttention"):
        both = [_mask(v) for v in args[0]]
        kwargs = {**({"mask": both} if any(m is not None for m in both) else {}), **kwargs}
    elif item["class_name"] in _TAKES_MASK and _mask(args[0]) is not None:
        kwargs = {"mask": _mask(args[0]), **kwargs}
    kwargs = {k: v for k, v in kwargs.items() if v is not None}
    y = emit(e, made, *args, **kwargs)
    if item["class_name"] in _HANDS_MASK_ON and isinstance(y, ir.Value) and \
            _mask(y) is None:
        mask = _one_after_another(e, args[0], config.get("axis", -1)) \
            if item["class_name"] == "Concatenate" else _joined(args[0]) \
            if item["class_name"] in _MERGES else _mask(args[0])
        cast("Any", y).mask = mask
    return y


def _values(arguments: Any) -> Iterator[ir.Value]:
    """All values in the arguments of a call, in order."""
    for a in arguments.values() if isinstance(arguments, dict) else arguments:
        if isinstance(a, (list, tuple, dict)):
            yield from _values(a)
        elif isinstance(a, ir.Value):
            yield a


def _joined(values: Any) -> ir.Value | None:
    """The mask of a merge: true where any input's is; none if any input has none."""
    masks = [getattr(v, "mask", None) for v in values]
    if any(m is None for m in masks):
        return None
    joined = masks[0]
    for mask in masks[1:]:
        joined = joined if mask is joined else dl.or_(joined, mask)
    return joined


def _one_after_another(e: Emitter, values: Any, axis: int) -> ir.Value | None:
    """The mask of a concatenation: along steps, the masks are concatenated."""
    masks = [getattr(v, "mask", None) for v in values]
    axis %= values[0].rank
    if axis == values[0].rank - 1 or all(m is None for m in masks):
        return _joined(values)
    parts: list[ir.Value] = []
    for value, mask in zip(values, masks):
        if mask is not None and mask.rank != value.rank - 1:
            raise ir.IRError(f"a mask has the shape {list(mask.shape)}, expected one of "
                             f"{value.rank - 1} dimensions beside {list(value.shape)}")
        parts.append(e.full(e.extents(value)[:-1], 1.0) if mask is None else e.cast(mask, "f32"))
    return dl.greater(dl.concat(parts, axis=axis), 0.5)


def _mask(value: Any) -> ir.Value | None:
    if isinstance(value, (list, tuple)):
        found = [m for m in map(_mask, value) if m is not None]
        return found[0] if found else None
    return getattr(value, "mask", None)


def _sequential(e: Emitter, config: Config, x: Any, path: str, trainable: bool) -> Any:
    if isinstance(x, (list, tuple)) and len(x) == 1:
        x = x[0]
    for item in config["layers"]:
        if item["class_name"] != "InputLayer":
            x = _apply(e, item, [x], {}, path, trainable)
    return x


def places(spec: Any) -> list[Place]:
    """[layer, node, tensor] for one input or several, however nested."""
    if isinstance(spec, dict):
        return [p for v in spec.values() for p in places(v)]
    if len(spec) == 3 and isinstance(spec[0], str):
        return [spec]
    return [p for v in spec for p in places(v)]


def _functional(e: Emitter, config: Config, inputs: Any, path: str, trainable: bool) -> Any:
    inputs = list(inputs.values()) if isinstance(inputs, dict) else \
        list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    found = {}  # (layer, node): its result
    for place, value in zip(places(config["input_layers"]), inputs, strict=True):
        found[place[0], 0] = value

    def resolve(argument: Any) -> Any:
        if isinstance(argument, dict):
            if argument.get("class_name") == "__keras_tensor__":
                layer, node, tensor = argument["config"]["keras_history"]
                value = found[layer, node]
                return value[tensor] if isinstance(value, (list, tuple)) else value
            if argument.get("class_name") == "__variable__":
                own = argument["config"]
                home, _, name = e.home(own.get("identity"),
                                       f"{path}/{own['name']}").rpartition("/")
                return e.weight(Layer("", {}, home, trainable), name, own["shape"],
                                trainable=own["trainable"],
                                regularizer=own.get("regularizer"),
                                constraint=own.get("constraint"))
            if argument.get("class_name") == "__array__":
                value = argument["config"]["value"]
                return e.module.constant(value.astype("float32") if value.dtype.kind == "f"
                                         else value)
            if argument.get("class_name") == "__slice__":
                return slice(*(argument["config"][k] for k in ("start", "stop", "step")))
            if argument.get("class_name") == "__ellipsis__":
                return ...
            return {k: resolve(v) for k, v in argument.items()}
        if isinstance(argument, (list, tuple)):
            return [resolve(v) for v in argument]
        return argument

    def is_ready(argument: Any) -> bool:
        if isinstance(argument, dict):
            if argument.get("class_name") == "__keras_tensor__":
                layer, node, _ = argument["config"]["keras_history"]
                return (layer, node) in found
            return all(map(is_ready, argument.values()))
        return all(map(is_ready, argument)) if isinstance(argument, (list, tuple)) else True

    left = [(item, k) for item in config["layers"]
            for k, node in enumerate(item["inbound_nodes"])
            if node is not None and item["class_name"] != "InputLayer"]
    while left:
        later = []
        for item, k in left:
            node = item["inbound_nodes"][k]
            if not is_ready([node["args"], node["kwargs"]]):
                later.append((item, k))
                continue
            name = item["config"].get("name", item.get("name"))
            found[item.get("name", name), k] = _apply(
                e, item, resolve(node["args"]), resolve(node["kwargs"]), path, trainable,
                bool(config.get("is_traced")))
        if len(later) == len(left):
            names = ", ".join(i["config"]["name"] for i, _ in left)
            raise ir.IRError(f"{path}: the layers {names} wait for each other")
        left = later
    outputs = []
    for layer, node, tensor in places(config["output_layers"]):
        value = found[layer, node]
        outputs.append(value[tensor] if isinstance(value, (list, tuple)) else value)
    is_one = len(config["output_layers"]) == 3 and isinstance(config["output_layers"][0], str)
    return outputs[0] if is_one or len(outputs) == 1 else outputs
