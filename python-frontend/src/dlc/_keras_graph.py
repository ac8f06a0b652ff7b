# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A live Keras model as a configuration that dlc emits.

Keras's serialisation is not enough: only its `call` describes a custom layer. So the graph of the
model is walked, and layers that dlc does not know are called on symbolic tensors. The traced
operations take their place.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import KerasTensor
from keras.src.ops.function import make_node_key

from ._emit.cells import _CELLS
from ._emit.emitter import _LAYERS, UnknownLayers
from ._keras_modes import signature
from ._keras_trace import Symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Item = dict[str, Any]


class Described:
    """item: the configuration; layers: {path: layer} for those with variables; variables: {name:
    variable} for those that a traced call uses directly; inputs: of the model."""

    def __init__(self, model: Any, learns: bool = True) -> None:
        self.layers: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self._path: list[str] = []
        self._symbols, self._learns = Symbols(learns), learns
        self._mode: bool | None = None  # of a traced call: whether layers are in training mode
        self._is_traced = False
        if _is_functional(model):
            self.model = model
            self.item = self._model(model, model.name, model.trainable)
        else:
            self.item = self._modes(lambda mode: self._subclassed(model, mode))
        self.inputs = [t for t in self.model.inputs if self._symbols.variable(t) is None]

    #--- Modes -------------------------------------------------------------------------

    def _modes(self, make: Callable[[bool], Item], mode: bool | None = None) -> Item:
        """The result of make(mode) for a traced call: that at inference and, if the model is
        trained, that in training under "learning". A call inside a traced one has the mode of the
        outer one."""
        mode = self._mode if mode is None else mode
        if mode is not None:
            return self._in_mode(mode, make)
        found = self._in_mode(False, make)
        if self._learns:
            learning = self._in_mode(True, make)
            found["learning"] = learning
            found["differs"] = signature(found) != signature(learning)
        return found

    def _in_mode(self, mode: bool, make: Callable[[bool], Item]) -> Item:
        before, self._mode = self._mode, mode
        try:
            return make(mode)
        finally:
            self._mode = before

    def _mode_of(self, op: Any, nodes: Sequence[Any]) -> bool | None:
        """The mode of a layer's calls, if it is known. In a functional model the arguments of the
        calls do not matter: the model passes its own mode to all."""
        given = {n.arguments.kwargs.get("training") for n in nodes} if self._is_traced else set()
        modes = {g if isinstance(g, bool) else self._mode for g in given}
        if len(modes) > 1:
            raise UnknownLayers(f"dlc does not know {'/'.join([*self._path, op.name])} "
                                f"({type(op).__name__}), which is called with training=True and "
                                "with training=False; call it in one of the modes")
        return modes.pop() if modes else self._mode

    def _subclassed(self, model: Any, mode: bool) -> Item:
        """A called subclassed model, as the functional model that its call makes."""
        inputs, outputs = _called(model, self._symbols, mode)
        losses = self._symbols.losses
        if not mode:
            self.model = keras.Model(inputs, outputs, name=model.name)
        return self._traced_item(_model_of(inputs, outputs, losses, model.name), model,
                                 len(losses))

    def _traced_item(self, traced: Any, layer: Any, losses: int) -> Item:
        """The result of tracing a call of a layer. losses: how many of the last outputs are terms
        of the loss."""
        item = self._model(traced, layer.name, layer.trainable, is_traced=True)
        regularizer = getattr(layer, "activity_regularizer", None)
        if regularizer is not None:
            item["activity_regularizer"] = keras.regularizers.serialize(regularizer)
        return {**item, "losses": losses}

    #--- Models ------------------------------------------------------------------------

    def _model(self, model: Any, name: str, trainable: bool | None = None,
               is_traced: bool = False) -> Item:
        """A Sequential or functional model as an item under its path. trainable: overrides its own
        flag, which applies to all layers in it. is_traced: whether a traced call gives each layer
        its mode."""
        graph = getattr(model, "_functional", None) or model
        self._path.append(name)
        before, self._is_traced = self._is_traced, is_traced
        try:
            layers = [self._operation(op, graph) for op in graph.operations
                      if not (isinstance(op, keras.layers.InputLayer) and
                              self._symbols.variable(op.output) is not None)]
        finally:
            self._path.pop()
            self._is_traced = before
        return {"class_name": "Functional", "module": "dlc.keras", "name": name, "config": {
            "name": name, "is_traced": is_traced,
            "trainable": model.trainable if trainable is None else trainable,
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
            for k in range(1, 1 << 16):  # variables of a layer may share a name
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
        mode = self._mode_of(op, nodes)
        if _is_functional(op):
            return self._model(op, name) if mode is None else \
                self._in_mode(mode, lambda _: self._model(op, name))
        is_keras = type(op).__module__.startswith("keras.")
        if nodes and (kind == "Lambda" or not is_keras or kind not in _LAYERS):
            return self._modes(lambda mode: self._traced(op, nodes, mode), mode)
        self.layers[path] = op
        item = keras.saving.serialize_keras_object(op)
        if kind == "RNN" and item["config"]["cell"]["class_name"] not in _CELLS:
            item["config"]["cell"] = self._cell(op, path, mode)
        return {"class_name": kind, "module": "keras.layers", "config": item["config"]}

    def _traced(self, layer: Any, nodes: Sequence[Any], mode: bool) -> Item:
        """The functional model that the call of a layer makes from its inputs."""
        call = functools.partial(layer.function, **(layer.arguments or {})) \
            if type(layer).__name__ == "Lambda" else layer.call
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
        kwargs = {k: fresh(v) for k, v in first.kwargs.items()
                  if v is not None and k != "training"}
        try:
            outputs = self._symbols.call(layer, mode, call, *args, **kwargs)
            traced = _model_of([*inputs, *self._symbols.inputs], outputs, self._symbols.losses,
                               layer.name)
        except Exception as problem:  # pylint: disable=broad-except
            raise UnknownLayers(
                f"dlc does not know the layer {'/'.join([*self._path, layer.name])} "
                f"({type(layer).__name__}), and its call cannot be traced: "
                f"{type(problem).__name__}: {problem}") from problem
        return self._traced_item(traced, layer, len(self._symbols.losses))

    def _cell(self, layer: Any, path: str, mode: bool | None) -> Item:
        """A custom cell: its call on one step, as a model of input and states."""
        cell = layer.cell
        shape = layer._build_shapes_dict["sequences_shape"] \
            if "sequences_shape" in layer._build_shapes_dict else \
            next(iter(layer._build_shapes_dict.values()))
        sizes = cell.state_size
        sizes = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
        sizes = [tuple(s) if isinstance(s, (list, tuple)) else (s,) for s in sizes]

        def traced(mode: bool) -> Item:
            x = keras.Input(batch_shape=(None, *shape[2:]))
            states = [keras.Input(batch_shape=(None, *s)) for s in sizes]
            try:
                y, after = self._symbols.call(cell, mode, cell.call, x, states)
                if self._symbols.losses:
                    raise TypeError("it adds to the loss at each step")
                after = list(after) if isinstance(after, (list, tuple)) else [after]
                made = keras.Model([x, *states, *self._symbols.inputs], [y, *after],
                                   name=cell.name)
            except Exception as problem:  # pylint: disable=broad-except
                raise UnknownLayers(f"dlc does not know the cell {path}/{cell.name} "
                                    f"({type(cell).__name__}), and its call cannot be traced: "
                                    f"{problem}") from problem
            return self._traced_item(made, cell, 0)

        self._path.append(layer.name)
        try:
            item = self._modes(traced, mode)
        finally:
            self._path.pop()
        return {"class_name": "__traced__", "config": {
            "name": cell.name, "state_sizes": sizes, "model": item}}


def _model_of(inputs: Sequence[Any], outputs: Any, losses: Sequence[Any], name: str) -> Any:
    """A functional model of traced results, followed by those that are added to the loss."""
    if losses:
        outputs = [*keras.tree.flatten(outputs), *losses]
    return keras.Model(inputs, outputs, name=name)


def _is_functional(model: Any) -> bool:
    return isinstance(model, keras.Model) and (
        getattr(model, "_functional", None) is not None or hasattr(model, "operations"))


def _called(model: Any, symbols: Symbols, mode: bool) -> tuple[list[Any], Any]:
    """Symbolic inputs of a called subclassed model, and the results of its call."""
    shapes = list((getattr(model, "_build_shapes_dict", None) or {}).values())
    if not shapes:
        raise ValueError(f"model '{model.name}' has no shapes yet: give it an Input or a "
                         "build(input_shape) of its own, or call it on data once")
    # States of layers have the batch size that they were built for.
    is_fixed = any(getattr(layer, "stateful", False) for layer in model._flatten_layers())
    inputs = [keras.Input(batch_shape=(shape[0] if is_fixed else None, *shape[1:]))
              for shape in shapes]
    try:
        outputs = symbols.call(model, mode, model.call, *inputs)
        inputs += symbols.inputs
        keras.Model(inputs, outputs)  # refuses outputs that do not depend on them
        return inputs, outputs
    except Exception as problem:  # pylint: disable=broad-except
        raise UnknownLayers(f"the call of model '{model.name}' cannot be traced: "
                            f"{type(problem).__name__}: {problem}") from problem


def _history(tensor: Any, graph: Any) -> list[Any]:
    op, node, index = tensor._keras_history
    return [op.name, _nodes(op, graph).index(op._inbound_nodes[node]), index]


def _nodes(op: Any, graph: Any) -> list[Any]:
    """The calls of a layer that belong to this graph."""
    return [n for k, n in enumerate(op._inbound_nodes) if make_node_key(op, k) in graph._nodes]
