# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small CNN whose numbers are counted: 32x32 pixels, 10 filters of 5x5, a pool of 2x2, 200
neurons, softmax."""

import numpy as np

import dlc
from dlc.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, set_random_seed

set_random_seed(1)
model = Sequential([
    Input(shape=(32, 32, 1), batch_size=1),
    Conv2D(10, 5, activation="relu"),
    MaxPooling2D(),
    Flatten(),
    Dense(200, activation="relu"),
    Dense(10, activation="softmax"),
])

TRAINS, MODEL = False, model

w, b, w2, b2, *_ = model.get_weights()
assert w[..., 0].size + b[:1].size == 26                          # weights of a filter
assert w2[:, 0].size + 1 == 1961 and w2.size + b2.size == 392200  # of a neuron, of the layer
library = dlc.compile(model)
rows = {row["output"]: row for row in library.report().layers["predict"] if row["weights"]}
assert rows["1x28x28x10"]["connections"] == 28 * 28 * 10 * 26 == 203840
assert rows["1x200"]["weights"] == 392200
y = library.predict(np.random.default_rng(0).random((1, 32, 32, 1), np.float32))
assert abs(y.sum() - 1) < 1e-5
FIGURE = "26 weights a filter, 203,840 connections; 1,961 weights a neuron, 392,200 in all"
print(FIGURE)
