# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiled steps of a model in training, and the means over their batches."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._compile import compile as compile_file
from ._emit.training import RANDOM, STEPS, Training
from ._library import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    import numpy.typing as npt

    from ._emit import Weight
    from ._emit.training import Recipe
    from ._library import Function


class Steps:
    """A library with predict, step and evaluate, made from a Recipe.

    value_of: the initial value of a Weight. training: the module and the roles of its tensors.
    """

    def __init__(self, recipe: Recipe, value_of: Callable[[Weight], npt.ArrayLike]) -> None:
        self.training = Training(recipe, value_of)
        self._folder = tempfile.TemporaryDirectory(prefix="dlc-")
        source = Path(self._folder.name) / "model.mlir"
        source.write_text(self.training.module.text())
        self.library = load(compile_file(source))
        self._seeded = False

    @property
    def weights(self) -> dict[str, Weight]:
        return self.training.weights

    def __getitem__(self, name: str) -> Function:
        return self.library.functions[name]

    def push(self, value_of: Callable[[str], npt.ArrayLike]) -> None:
        """Copies weights to the library. value_of(name) is an array with the right number of
        elements."""
        for name, weight in self.weights.items():
            self.library.state[name] = np.reshape(np.asarray(value_of(name), np.float32),
                                                  weight.shape)

    def pull(self) -> list[tuple[str, npt.NDArray[Any]]]:
        """[(name, array)] of the weights."""
        return [(name, self.library.state[name]) for name in self.weights]

    def seed(self, seed: int) -> None:
        """Seeds the random numbers, once."""
        if not self._seeded:
            self.library.state[RANDOM] = np.array([seed, 0], np.int64)
            self._seeded = True

    @property
    def count(self) -> int:
        """The number of steps so far."""
        return int(self.library.state[STEPS])

    @count.setter
    def count(self, number: int) -> None:
        self.library.state[STEPS] = np.array(number, np.float32)


def shaped(function: Function, arrays: Iterable[npt.ArrayLike]) -> list[npt.NDArray[Any]]:
    """Arrays reshaped to the ranks that the function takes: with or without a last extent of 1."""
    found = []
    for array, argument in zip(arrays, function.inputs):
        array = np.asarray(array)
        rank = len(argument.shape)
        if array.ndim == rank - 1 and argument.shape[-1] == 1:
            array = array[..., None]
        elif array.ndim == rank + 1 and array.shape[-1] == 1:
            array = array[..., 0]
        found.append(array)
    return found


def arguments(function: Function, arrays: Iterable[npt.ArrayLike]) -> list[npt.NDArray[Any]]:
    """Arrays as the function takes them: ranks, element types, memory order."""
    return [np.asarray(array, argument.dtype, order="C")
            for array, argument in zip(shaped(function, arrays), function.inputs)]


def listed(values: Any, names: Sequence[str]) -> list[Any]:
    """One, several or named arrays as a list in the order of the names."""
    if isinstance(values, dict):
        return [values[n] for n in names if n in values]
    return list(values) if isinstance(values, (list, tuple)) else [values]


class Tally:
    """Means over batches: the loss, and each metric under its label.

    names: of the model's outputs, which prefix labels if there are several.
    """

    def __init__(self, names: Sequence[str], training: Training) -> None:
        self._names, self._labels = names, training.metric_labels
        # For each: the sum, the count, and whether the square root is wanted.
        self._sums: dict[str, tuple[float, float, bool]] = {}

    def add(self, results: Sequence[npt.NDArray[Any]], batch: int) -> None:
        """Adds the results of a step on `batch` samples."""
        self._sum("loss", float(results[0]) * batch, batch)
        for at, (k, label, kind) in enumerate(self._labels):
            total, count = float(results[1 + 2 * at]), float(results[2 + 2 * at])
            if label == "loss":
                total, count = total * batch, batch
            self._sum(f"{self._names[k]}_{label}" if len(self._names) > 1 else label, total,
                      count, kind == "root_mean_squared_error")

    def _sum(self, name: str, total: float, count: float, root: bool = False) -> None:
        before = self._sums.get(name, (0.0, 0.0, root))
        self._sums[name] = before[0] + total, before[1] + count, root

    def means(self) -> dict[str, float]:
        return {k: (s / n) ** 0.5 if root else s / n if n else 0.0
                for k, (s, n, root) in self._sums.items()}
