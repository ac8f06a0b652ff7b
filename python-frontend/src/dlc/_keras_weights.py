# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Maps the variables of a Keras model to the tensors of the emitted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._emit.emitter import STATE, UnknownLayers
from ._keras_file import within

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from typing import Any

    from ._keras_graph import Described
    from ._library import State


class Variables:
    """The variables of a described model by emitted names. learns: whether a variable may have only
    one name."""

    def __init__(self, described: Described, learns: bool = True) -> None:
        self._learns = learns
        self._layers, self._found = described.layers, dict(described.variables)
        self._names: dict[int, str] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._find(name)
        variable = self._found[name]
        first = self._names.setdefault(id(variable), name)
        if self._learns and first != name:
            raise UnknownLayers(f"{first} and {name} are one variable of Keras ({variable.path}), "
                                "of which dlc would make two that learn apart: use the layer, or "
                                "the variable alone")
        return variable

    def _find(self, name: str) -> Any:
        parts = name.split("/")
        for cut in range(len(parts) - 1, 0, -1):
            layer = self._layers.get("/".join(parts[:cut]))
            if layer is not None:
                break
        else:
            raise UnknownLayers(f"{name} (the Keras model has no such layer)")
        wanted = parts[cut:]
        if wanted[-1].startswith(f"{STATE}_"):
            holder = next(v for v in layer._flatten_layers() if len(wanted) == 1 or
                          v.name == wanted[-2])
            return flat(holder.states)[int(wanted[-1].rpartition("_")[2])]
        fitting = [v for v in layer.weights if v.path.split("/")[-1] == wanted[-1] and
                   within(wanted[:-1], v.path.split("/"))]
        # The own variables of a layer come first; nested ones have longer paths.
        fitting.sort(key=lambda v: len(v.path.split("/")))
        if not fitting:
            raise UnknownLayers(f"{name}: {type(layer).__name__} has "
                                f"{', '.join(v.path for v in layer.weights) or 'no variables'}")
        return fitting[0]


def flat(states: Any) -> list[Any]:
    """The variables of the states of a recurrent layer, which are nested for stacked cells."""
    return [v for s in states for v in flat(s)] if isinstance(states, (list, tuple)) else [states]


class Mirror:
    """Variables of Keras, and the states of a library that hold their values.

    A variable whose value is still the array that it was last given is not copied again. This can
    be decided only where arrays are immutable, as in JAX.
    """

    def __init__(self, triples: Iterable[tuple[str, Any, Sequence[int]]]) -> None:
        """triples: name and variable, with the shape of the state."""
        self._triples = list(triples)
        self._given: dict[str, Any] = {}

    def push(self, state: State) -> None:
        """Copies the values of the variables to the library."""
        for name, variable, shape in self._triples:
            value = variable.value
            if value is not self._given.get(name):
                state[name] = np.reshape(np.asarray(variable, np.float32), shape)
                self._note(name, value)

    def pull(self, state: State, names: Container[str] | None = None) -> None:
        """Copies the values of the library to the variables: all, or those with these names."""
        moved = [(n, v) for n, v, _ in self._triples if names is None or n in names]
        values: list[Any] = [np.reshape(state[n], v.shape) for n, v in moved]
        if moved and _is_constant(moved[0][1].value):
            import jax
            values = jax.device_put(values)  # all at once, which takes a third of the time
        for (name, variable), value in zip(moved, values):
            variable.assign(value)
            self._note(name, variable.value)

    def forget(self) -> None:
        """Invalidates what is known about the values in the library."""
        self._given = {}

    def _note(self, name: str, value: Any) -> None:
        if _is_constant(value):
            self._given[name] = value


def _is_constant(value: Any) -> bool:
    """Whether it is an immutable array: one of JAX."""
    return type(value).__module__.startswith("jax")
