# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A multi-layer perceptron learns XOR, which one neuron cannot."""

import numpy as np

from dlc.layers import Dense, Sequential, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)
model = Sequential([
    Dense(8, activation="tanh", input_shape=[2]),
    Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer=Adam(0.05))

TRAINS, MODEL = True, model

x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
model.fit(x, t, epochs=300, batch_size=4, verbose=0)
y = model.predict(x)[:, 0]
assert np.abs(y - t).max() < 0.1
FIGURE = "outputs for 00, 01, 10, 11: " + " ".join(f"{p:.2f}" for p in y)
print(FIGURE)
