# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A layer and a recurrent cell that a user wrote, in a Keras model that dlc trains."""

import keras
import numpy as np
from keras import layers, ops

import dlc.keras
from series import waves


class Gain(layers.Layer):
    """A learnt factor for each feature."""

    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")

    def call(self, x):
        return x * self.gain


class LeakyCell(layers.Layer):
    """A state that moves a learnt share of the way to what the input asks for."""

    def __init__(self, units):
        super().__init__()
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")
        self.share = self.add_weight(shape=(self.units,), initializer="zeros", name="share")

    def call(self, x, states):
        asked = ops.tanh(x @ self.kernel + states[0] @ self.recurrent)
        share = ops.sigmoid(self.share)
        state = share * asked + (1 - share) * states[0]
        return state, [state]


keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((None, 1)), layers.Dense(8), Gain(),
                          layers.RNN(LeakyCell(16)), layers.Dense(1)])
dlc.keras.accelerate(model)
model.compile("adam", "mse")
x, y = waves(1000, 20)
history = model.fit(x, y, epochs=8, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
assert history["loss"][-1] < history["loss"][0] / 2
x = np.asarray(x[:8])
