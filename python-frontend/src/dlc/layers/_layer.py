# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A layer consists of its configuration. Calling it on tensors records the call."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from .. import _specs
from ._states import StatesOfLayer, is_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Item = dict[str, Any]
    Shape = Sequence[int | None]

_names: Counter[str] = Counter()


def _snake(name: str) -> str:
    """Conv2D becomes conv2d, MaxPooling2D max_pooling2d, as in Keras."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unique(word: str) -> str:
    """dense, dense_1, dense_2, ..."""
    _names[word] += 1
    return word if _names[word] == 1 else f"{word}_{_names[word] - 1}"


class Tensor:
    """A symbolic result: a call, and which of its results this is.

    shape: the extents, known here only for inputs; a model knows those of all tensors.
    """

    def __init__(self, layer: Callable, node: int, index: int, shape: Shape | None = None,
                 dtype: str = "float32") -> None:
        self.layer, self.node, self.index = layer, node, index
        self.shape, self.dtype = shape, dtype

    def sources(self) -> Sequence[Tensor]:
        """The tensors that its call reads."""
        return self.layer.arguments[self.node] if self.layer.arguments else ()

    def spec(self) -> Item:
        return {"class_name": "__keras_tensor__",
                "config": {"keras_history": [self.layer.name, self.node, self.index]}}

    def extents(self) -> Shape:
        """The shape, which an input has."""
        assert self.shape is not None
        return self.shape

    def __repr__(self) -> str:
        return f"<{self.layer.name} {list(self.shape) if self.shape else ''}>"

    def _with(self, name: str, other: Any, swapped: bool = False) -> Tensor:
        node = Operation(name)
        made: Tensor = node(other, self) if swapped else node(self, other)
        return made

    def __add__(self, other: Any) -> Tensor:
        return self._with("Add", other)

    def __radd__(self, other: Any) -> Tensor:
        return self._with("Add", other, True)

    def __sub__(self, other: Any) -> Tensor:
        return self._with("Subtract", other)

    def __rsub__(self, other: Any) -> Tensor:
        return self._with("Subtract", other, True)

    def __mul__(self, other: Any) -> Tensor:
        return self._with("Multiply", other)

    def __rmul__(self, other: Any) -> Tensor:
        return self._with("Multiply", other, True)

    def __truediv__(self, other: Any) -> Tensor:
        return self._with("TrueDivide", other)

    def __neg__(self) -> Tensor:
        made: Tensor = Operation("Negative")(self)
        return made


def _specified(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.spec()
    if isinstance(value, (list, tuple)):
        return [_specified(v) for v in value]
    return value


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in the arguments of a call."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from tensors(v)
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from tensors(v)


def calls_before(ends: Sequence[Tensor]) -> list[Tensor]:
    """A tensor for each call that these depend on, directly or not. Each comes after those that it
    reads."""
    found: dict[tuple[int, int], Tensor] = {}
    stack = [(tensor, False) for tensor in reversed(ends)]
    while stack:
        tensor, is_left = stack.pop()
        key = id(tensor.layer), tensor.node
        if is_left:
            found.setdefault(key, tensor)
        elif key not in found:
            stack.append((tensor, True))
            stack += [(t, False) for t in reversed(tensor.sources())]
    return list(found.values())


class Callable:
    """Anything that can be called on tensors. nodes: its calls, in order."""

    name: str
    trainable: bool

    def begin(self) -> None:
        self.nodes: list[Item] = []
        self.arguments: list[list[Tensor]] = []

    def item(self) -> Item:
        """The configuration and the calls, in the form of Keras's serialisation."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a Tensor, or a list of them if there are several results."""
        found = list(tensors([args, kwargs]))
        if not found:
            raise TypeError(f"{self.name} is called on {args}, expected tensors: begin with "
                            "Input(shape=...)")
        self.nodes.append({"args": [_specified(a) for a in args],
                           "kwargs": {k: _specified(v) for k, v in kwargs.items()}})
        self.arguments.append(found)
        node, count = len(self.nodes) - 1, self.results()
        made = [Tensor(self, node, i) for i in range(count)]
        return made[0] if count == 1 else made

    def results(self) -> int:
        return 1


class Layer(StatesOfLayer, _specs.Configured, Callable):
    """A layer of a model. name, trainable and dtype are common to all layers."""

    def __init__(self, *args: Any, name: str | None = None, trainable: bool = True,
                 dtype: str | None = None, input_shape: Shape | None = None,
                 input_dim: int | None = None, batch_input_shape: Shape | None = None,
                 **kwargs: Any) -> None:
        if input_dim is not None and "input_dim" in self.__signature__.parameters:
            kwargs["input_dim"], input_dim = input_dim, None  # an argument of Embedding itself
        super().__init__(*args, **kwargs)
        self._values: dict[str, Any] = {}  # the weights that models created for it
        if dtype not in (None, "float32"):
            raise ValueError(f"{type(self).__name__}: dtype is {dtype}, expected float32")
        self.name = name or unique(_snake(type(self).__name__))
        self.trainable = trainable
        self.begin()
        self.batch_size: int | None = None
        if batch_input_shape is not None:
            self.batch_size, input_shape = batch_input_shape[0], batch_input_shape[1:]
        self.input_shape: tuple[int | None, ...] | None = \
            (input_dim,) if input_dim is not None else \
            None if input_shape is None else tuple(input_shape)

    def get_weights(self) -> list[Any]:
        """The arrays of the layer, after a model that contains it has been built."""
        return list(self._weights().values())

    def _weights(self) -> dict[str, Any]:
        return {name: a for name, a in self._values.items() if not is_state(name)}

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Replaces the arrays, in all models that contain the layer."""
        weights = self._weights()
        if len(arrays) != len(weights):
            raise ValueError(f"{self.name} has {len(weights)} weights, {len(arrays)} arrays "
                             "are given" + ("" if weights else "; build its model first"))
        for (name, old), given in zip(weights.items(), arrays):
            array = np.asarray(given, np.float32)
            if array.shape != old.shape:
                raise ValueError(f"{self.name}: {name} has the shape {list(old.shape)}, the array "
                                 f"given {list(array.shape)}")
            self._values[name] = array

    def get_config(self) -> Item:
        return {"name": self.name, "trainable": self.trainable, **super().get_config()}

    def item(self) -> Item:
        return {"class_name": type(self).__name__, "module": "dlc.layers",
                "config": self.get_config(), "name": self.name, "inbound_nodes": self.nodes,
                "identity": id(self)}

    def results(self) -> int:
        config = self._config
        inner = config.get("layer")
        if type(self).__name__ == "Bidirectional" and isinstance(inner, Layer):
            return 2 * inner.results() - (config["merge_mode"] is not None)
        if not config.get("return_state"):
            return 1
        cells = config.get("cell", self)
        cells = cells if isinstance(cells, (list, tuple)) else getattr(cells, "cells", [cells])
        return 1 + sum(2 if "LSTM" in type(c).__name__ else 1 for c in cells)


class Operation(Callable):
    """A function of keras.ops on tensors."""

    def __init__(self, class_name: str) -> None:
        self.class_name, self.name, self.trainable = class_name, unique(_snake(class_name)), True
        self.begin()

    def item(self) -> Item:
        return {"class_name": self.class_name, "module": "dlc.ops", "name": self.name,
                "config": {"name": self.name}, "inbound_nodes": self.nodes}


class InputLayer(Layer):
    """An input of a model. shape: that of a sample, None for a free extent."""

    __signature__ = None

    def __init__(self, shape: Shape | None = None, batch_size: int | None = None,
                 dtype: str | None = "float32", batch_shape: Shape | None = None,
                 name: str | None = None) -> None:
        self._config = {}
        if batch_shape is not None:
            batch_size, shape = batch_shape[0], batch_shape[1:]
        if shape is None:
            raise TypeError("InputLayer: 'shape' is missing")
        self.name = name or unique("input_layer")
        self.trainable, self.input_shape, self.dtype = True, tuple(shape), dtype or "float32"
        self.begin()
        self.output = Tensor(self, 0, 0, (batch_size, *self.input_shape), self.dtype)

    def get_config(self) -> Item:
        return {"name": self.name, "batch_shape": list(self.output.extents()), "dtype": self.dtype}


def Input(shape: Shape | None = None, batch_size: int | None = None,
          dtype: str | None = "float32", name: str | None = None,
          batch_shape: Shape | None = None) -> Tensor:
    """A tensor from which a model begins. shape: that of a sample, without the batch."""
    return InputLayer(shape, batch_size, dtype, batch_shape, name).output
