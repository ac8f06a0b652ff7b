# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Keras's layers and models with their names, arguments and defaults, without Keras.

    from dlc.layers import Dense, Sequential

    model = Sequential([Dense(8, activation="tanh", input_shape=[2]), Dense(1)])
    model.compile(loss="mse", optimizer="Adam", metrics=["mae"])
    model.fit(x, y, epochs=10)

`Perceptron` and `Adaline` are dlc's own single neurons: one with a threshold, one linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._history import History
from ._layer import Input, InputLayer, Layer, Tensor
from ._model import Model, Sequential, set_random_seed
from ._table import LAYERS

if TYPE_CHECKING:
    def __getattr__(name: str) -> type[Layer]:
        """The layers of the table."""

globals().update(LAYERS)
__all__ = ["History", "Input", "InputLayer", "Layer", "Model", "Sequential", "Tensor",
           "set_random_seed", *LAYERS]
