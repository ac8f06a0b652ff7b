# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of custom layers on symbolic tensors, with symbolic weights.

Otherwise a function of a weight, such as `ops.sigmoid(self.w)`, would be computed during tracing.
Its value would become a constant of the library, and the weight would not learn.
"""

from __future__ import annotations

import inspect
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import keras
from keras import KerasTensor
from keras.src.backend.common import global_state
from keras.src.backend.common.stateless_scope import in_stateless_scope
from keras.src.layers.layer import CallContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Keras's own lists of the variables of a layer.
_BOOKKEEPING = {"_trainable_variables", "_non_trainable_variables", "_metrics"}


class Symbols:
    """Symbolic tensors in place of variables. inputs: those of the last call; losses: what it adds
    to the loss. learns: whether reading the value of a weight is refused, which is correct only at
    inference."""

    def __init__(self, learns: bool) -> None:
        self._learns = learns
        self._variables: dict[int, Any] = {}
        self._known: dict[int, KerasTensor] = {}
        self.inputs: list[KerasTensor] = []
        self.losses: list[KerasTensor] = []

    def variable(self, tensor: Any) -> Any:
        """The variable that a tensor represents, or None."""
        return self._variables.get(id(tensor))

    def _of(self, value: Any) -> Any:
        """The same value with symbols for all variables in it; the same object if there are none.
        """
        if isinstance(value, keras.Variable):
            if id(value) not in self._known:
                made = keras.Input(batch_shape=value.shape, dtype=value.dtype)
                self._known[id(value)], self._variables[id(made)] = made, value
            symbol = self._known[id(value)]
            if all(symbol is not i for i in self.inputs):
                self.inputs.append(symbol)
            return symbol
        if isinstance(value, dict):
            found = {k: self._of(v) for k, v in value.items()}
            return found if any(found[k] is not value[k] for k in found) else value
        if isinstance(value, (list, tuple)):
            items = [self._of(v) for v in value]
            if all(a is b for a, b in zip(items, value)):
                return value
            return items if isinstance(value, list) else tuple(items)
        return value

    def call(self, layer: Any, training: bool, function: Callable[..., Any], *args: Any,
             **kwargs: Any) -> Any:
        """Calls function(*args, **kwargs) while the weights of the layer are symbols. `losses` gets
        what it adds to the loss. training: the mode of inner layers that are not given one.

        Raises TypeError if the call reads the value of a weight.
        """
        self.inputs, self.losses = [], []
        if "training" in inspect.signature(function).parameters:
            kwargs.setdefault("training", training)
        attributes = vars(layer)
        held = {k: v for k, v in attributes.items() if k not in _BOOKKEEPING}
        symbols = {k: self._of(v) for k, v in held.items()}
        changed = [k for k, v in symbols.items() if v is not held[k]]
        attributes.update({k: symbols[k] for k in changed})
        attributes["add_loss"] = lambda loss: self.losses.extend(keras.tree.flatten(loss))
        try:
            with _mode(layer, kwargs.get("training", training)), \
                    _no_numbers() if self._learns else nullcontext():
                outputs = function(*args, **kwargs)
        finally:
            del attributes["add_loss"]
            attributes.update({k: held[k] for k in changed})
        flat = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        if any(self.variable(t) is not None for t in flat):
            raise TypeError("it returns a weight itself")
        return outputs


@contextmanager
def _mode(layer: Any, training: bool) -> Iterator[None]:
    """Inner calls see a layer that is called with this mode."""
    before = global_state.get_global_attribute("current_call_ctx")
    context: Any = CallContext(entry_layer=layer)
    context.training = training
    global_state.set_global_attribute("current_call_ctx", context)
    try:
        yield
    finally:
        global_state.set_global_attribute("current_call_ctx", before)


@contextmanager
def _no_numbers() -> Iterator[None]:
    """Refuses to read values of weights, except while a known layer infers its shapes."""
    owner = next(c for c in keras.Variable.__mro__ if "value" in vars(c))
    own, tracer = vars(owner)["value"], threading.get_ident()

    def value(variable: Any) -> Any:
        if threading.get_ident() == tracer and not in_stateless_scope():
            raise TypeError(f"it takes the number of {variable.path}, which changes while it "
                            "learns")
        return own.fget(variable)

    owner.value = property(value)
    try:
        yield
    finally:
        owner.value = own
