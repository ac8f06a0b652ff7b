# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The states of stateful layers from call to call, in layers and in models of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._emit.emitter import STATE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt

    from .._emit import Weight
    from .._steps import Steps


def is_state(name: str) -> bool:
    """Whether the array of a layer under this name is a state and not a weight."""
    return name.rpartition("/")[2].startswith(f"{STATE}_")


class StatesOfLayer:
    """The states among the arrays of a layer, after a model that contains it has been built."""

    name: str
    _values: dict[str, Any]

    @property
    def states(self) -> list[npt.NDArray[Any]]:
        """The states, as arrays that may be written to; empty for a layer that is not stateful."""
        return [a for name, a in self._values.items() if is_state(name)]

    @states.setter
    def states(self, arrays: Sequence[npt.ArrayLike]) -> None:
        names = [name for name in self._values if is_state(name)]
        if len(arrays) != len(names):
            raise ValueError(f"{self.name} has {len(names)} states, {len(arrays)} arrays are "
                             "given" + ("" if names else "; it is stateful with stateful=True, "
                                        "once its model is built"))
        for name, given in zip(names, arrays):
            array, old = np.array(given, np.float32), self._values[name]
            if array.shape != old.shape:
                raise ValueError(f"{self.name}: {name} has the shape {list(old.shape)}, the array "
                                 f"given {list(array.shape)}")
            self._values[name] = array

    def reset_states(self) -> None:
        """Sets the states to zero."""
        for array in self.states:
            array[...] = 0.0

    reset_state = reset_states


class StatesOfModel:
    """The states of all stateful layers of a model."""

    _weights: dict[str, Weight] | None

    def _store(self, name: str, array: npt.NDArray[Any]) -> None:
        raise NotImplementedError

    def _value(self, name: str) -> npt.NDArray[Any]:
        raise NotImplementedError

    def reset_states(self) -> None:
        """Sets the states of all stateful layers to zero."""
        for name, weight in (self._weights or {}).items():
            if weight.is_state:
                self._store(name, np.zeros(weight.shape, np.float32))

    reset_state = reset_states

    def _give_states(self, steps: Steps) -> None:
        """Copies the states to the library: a callback may have reset them."""
        for name, weight in steps.weights.items():
            if weight.is_state:
                steps.library.state[name] = self._value(name)

    def _keep_states(self, steps: Steps) -> None:
        """Copies the states back from the library."""
        for name, weight in steps.weights.items():
            if weight.is_state:
                self._store(name, np.array(steps.library.state[name]))
