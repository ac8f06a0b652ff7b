"""A live Keras model as a configuration that dlc emits.

What Keras serialises is not enough: a layer that a user wrote is known by its `call` alone. So
the model's own graph is walked, and layers that dlc does not know are called on symbolic
tensors, whose operations stand in their place.
"""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import KerasTensor
from keras.src.ops.function import make_node_key

from ._emit.emitter import _LAYERS, UnknownLayers
from ._emit.recurrent import _CELLS
from ._keras_trace import Symbols

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Item = dict[str, Any]


class Described:
    """item: the configuration; layers: {path: layer} of those that hold variables; variables:
    {name: variable} of those that a traced call uses itself; inputs: of the model."""

    def __init__(self, model: Any, learns: bool = True) -> None:
        self.layers: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self._path: list[str] = []
        self._symbols = Symbols(learns)
        trainable = model.trainable
        if not _is_functional(model):
            model = _traced_model(model, self._symbols)
        self.model = model
        self.inputs = [t for t in model.inputs if self._symbols.variable(t) is None]
        self.item = self._model(model, model.name, trainable)

    #--- Models ------------------------------------------------------------------------

    def _model(self, model: Any, name: str, trainable: bool | None = None) -> Item:
        """A Sequential or functional model as an item of its path. trainable: in place of its
        own, which sets that of all layers in it."""
        graph = getattr(model, "_functional", None) or model
        self._path.append(name)
        try:
            layers = [self._operation(op, graph) for op in graph.operations
                      if not (isinstance(op, keras.layers.InputLayer) and
                              self._symbols.variable(op.output) is not None)]
        finally:
            self._path.pop()
        return {"class_name": "Functional", "module": "dlc.keras", "name": name, "config": {
            "name": name, "trainable": model.trainable if trainable is None else trainable,
            "layers": layers,
            "input_layers": [_history(t, graph) for t in graph.inputs
                             if self._symbols.variable(t) is None],
            "output_layers": [_history(t, graph) for t in graph.outputs]}}

    def _operation(self, op: Any, graph: Any) -> Item:
        nodes = _nodes(op, graph)
        calls = [{"args": [self._argument(a, graph) for a in n.arguments.args],
                  "kwargs": {k: self._argument(v, graph)
                             for k, v in n.arguments.kwargs.items()}} for n in nodes]
        item = self._item(op, nodes)
        return {**item, "name": op.name, "inbound_nodes": calls, "identity": id(op)}

    def _argument(self, value: Any, graph: Any) -> Any:
        if isinstance(value, KerasTensor) and self._symbols.variable(value) is not None:
            value = self._symbols.variable(value)
        if isinstance(value, KerasTensor):
            return {"class_name": "__keras_tensor__",
                    "config": {"keras_history": _history(value, graph)}}
        if isinstance(value, keras.Variable):
            name, base = value.name, "/".join(self._path)
            for k in range(1, 1 << 16):  # others of a layer may have the same name
                if self.variables.setdefault(f"{base}/{name}", value) is value:
                    break
                name = f"{value.name}_{k}"
            return {"class_name": "__variable__", "config": {
                "name": name, "identity": id(value), "shape": list(value.shape),
                "trainable": value.trainable,
                "regularizer": value.regularizer and keras.regularizers.serialize(
                    value.regularizer),
                "constraint": value.constraint and keras.constraints.serialize(
                    value.constraint)}}
        if isinstance(value, (list, tuple)):
            return [self._argument(v, graph) for v in value]
        if isinstance(value, dict):
            return {k: self._argument(v, graph) for k, v in value.items()}
        if isinstance(value, slice):
            return {"class_name": "__slice__", "config": {
                "start": value.start, "stop": value.stop, "step": value.step}}
        if value is Ellipsis:
            return {"class_name": "__ellipsis__", "config": {}}
        if hasattr(value, "__array__") and not isinstance(value, np.generic):
            return {"class_name": "__array__", "config": {"value": np.asarray(value)}}
        return value

    #--- Layers ------------------------------------------------------------------------

    def _item(self, op: Any, nodes: Sequence[Any]) -> Item:
        name, kind = op.name, type(op).__name__
        path = "/".join([*self._path, name])
        if not isinstance(op, keras.Layer):
            return {"class_name": kind, "module": "keras.ops", "config": {
                "name": name, **{k: v for k, v in vars(op).items() if not k.startswith("_")}}}
        if _is_functional(op):
            return self._model(op, name)
        is_keras = type(op).__module__.startswith("keras.")
        if kind == "Lambda" or not is_keras or kind not in _LAYERS:
            traced = self._traced(op, nodes)
            if traced is not None:
                return self._model(traced, name, op.trainable)
        self.layers[path] = op
        item = keras.saving.serialize_keras_object(op)
        if kind == "RNN" and item["config"]["cell"]["class_name"] not in _CELLS:
            item["config"]["cell"] = self._cell(op, path)
        return {"class_name": kind, "module": "keras.layers", "config": item["config"]}

    def _traced(self, layer: Any, nodes: Sequence[Any]) -> Any:
        """The functional model that a layer's call makes of its inputs; None where it cannot
        be called so."""
        call = functools.partial(layer.function, **(layer.arguments or {})) \
            if type(layer).__name__ == "Lambda" else layer.call
        _refuse_modes(layer)
        if not nodes:
            return None
        first = nodes[0].arguments
        inputs: list[Any] = []

        def fresh(value: Any) -> Any:
            if isinstance(value, KerasTensor):
                inputs.append(keras.Input(batch_shape=value.shape, dtype=value.dtype))
                return inputs[-1]
            if isinstance(value, (list, tuple)):
                return type(value)(fresh(v) for v in value)
            return value

        args = [fresh(a) for a in first.args]
        kwargs = {k: fresh(v) for k, v in first.kwargs.items() if v is not None}
        if "training" in inspect.signature(call).parameters:
            kwargs.setdefault("training", None)  # layers inside decide by the mode
        try:
            outputs = self._symbols.call(layer, call, *args, **kwargs)
            traced = keras.Model([*inputs, *self._symbols.inputs], outputs,
                                 name=layer.name)
        except Exception as problem:  # pylint: disable=broad-except
            raise UnknownLayers(
                f"dlc does not know the layer {'/'.join([*self._path, layer.name])} "
                f"({type(layer).__name__}), and its call cannot be traced: "
                f"{type(problem).__name__}: {problem}") from problem
        return traced

    def _cell(self, layer: Any, path: str) -> Item:
        """A user's cell: its call on one step, as a model of the input and the states."""
        cell = layer.cell
        shape = layer._build_shapes_dict["sequences_shape"] \
            if "sequences_shape" in layer._build_shapes_dict else \
            next(iter(layer._build_shapes_dict.values()))
        sizes = cell.state_size
        sizes = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
        sizes = [tuple(s) if isinstance(s, (list, tuple)) else (s,) for s in sizes]
        x = keras.Input(batch_shape=(None, *shape[2:]))
        states = [keras.Input(batch_shape=(None, *s)) for s in sizes]
        try:
            y, after = self._symbols.call(cell, cell.call, x, states)
            after = list(after) if isinstance(after, (list, tuple)) else [after]
            traced = keras.Model([x, *states, *self._symbols.inputs], [y, *after],
                                 name=cell.name)
        except Exception as problem:  # pylint: disable=broad-except
            raise UnknownLayers(f"dlc does not know the cell {path}/{cell.name} "
                                f"({type(cell).__name__}), and its call cannot be traced: "
                                f"{problem}") from problem
        self._path.append(layer.name)
        try:
            item = self._model(traced, cell.name)
        finally:
            self._path.pop()
        return {"class_name": "__traced__", "config": {
            "name": cell.name, "state_sizes": sizes, "model": item}}


def _refuse_modes(layer: Any) -> None:
    """A call that asks in Python whether it trains does two things, and is traced once."""
    try:
        text = inspect.getsource(type(layer).call)
    except (OSError, TypeError):
        return
    if re.search(r"\b(if|and|or|not)\s+training\b|\btraining\s+(is|==|and|or)\b", text):
        raise UnknownLayers(f"dlc does not know {layer.name} ({type(layer).__name__}), whose call "
                            "asks whether it trains; leave that to the layers in it")


def _is_functional(model: Any) -> bool:
    return isinstance(model, keras.Model) and (
        getattr(model, "_functional", None) is not None or hasattr(model, "operations"))


def _traced_model(model: Any, symbols: Symbols) -> Any:
    """A subclassed model that was called, as the functional one that its call makes."""
    shapes = list((getattr(model, "_build_shapes_dict", None) or {}).values())
    if not shapes:
        raise ValueError(f"model '{model.name}' has no shapes yet: give it an Input, or call it "
                         "on data once")
    inputs = [keras.Input(batch_shape=(None, *shape[1:])) for shape in shapes]
    _refuse_modes(model)
    more = {"training": None} if "training" in inspect.signature(model.call).parameters else {}
    try:
        outputs = symbols.call(model, model.call, *inputs, **more)
        return keras.Model([*inputs, *symbols.inputs], outputs, name=model.name)
    except Exception as problem:  # pylint: disable=broad-except
        raise UnknownLayers(f"the call of model '{model.name}' cannot be traced: "
                            f"{type(problem).__name__}: {problem}") from problem


def _history(tensor: Any, graph: Any) -> list[Any]:
    op, node, index = tensor._keras_history
    return [op.name, _nodes(op, graph).index(op._inbound_nodes[node]), index]


def _nodes(op: Any, graph: Any) -> list[Any]:
    """The calls of a layer that belong to this graph."""
    return [n for k, n in enumerate(op._inbound_nodes) if make_node_key(op, k) in graph._nodes]
