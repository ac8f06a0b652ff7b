# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A stack of plain recurrent layers, of any number of steps, says what comes next in a series."""

import numpy as np

from dlc.layers import Dense, Dropout, Sequential, SimpleRNN, set_random_seed

set_random_seed(1)
model = Sequential([
    SimpleRNN(2, return_sequences=True, input_shape=[None, 1]),
    Dropout(0.3),
    SimpleRNN(1),
    Dense(1),
])
model.compile(loss="mse", optimizer="Adam", metrics=["mae", "mse"])
TRAINS, MODEL = True, model


def waves(count, steps):
    """Windows of a sum of two waves `[count, steps, 1]`, and what comes next `[count, 1]`."""
    rng, t = np.random.default_rng(0), np.arange(steps + 1)
    period, phase = rng.uniform(8, 20, (2, count, 1)), rng.uniform(0, 6, (2, count, 1))
    x = (np.sin(2 * np.pi * t / period + phase) * [[[1.0]], [[0.4]]]).sum(0)
    return x[:, :-1, None], x[:, -1:]


x, y = waves(1000, 24)
model.fit(x[:900], y[:900], epochs=30, verbose=0)
loss, mae, mse = model.evaluate(x[900:], y[900:])
longer, _ = waves(3, 50)  # any number of steps
assert mse < 0.8 * y.var() and model.predict(longer).shape == (3, 1)
FIGURE = f"mse {mse:.2f}, mae {mae:.2f} (variance {y.var():.2f})"
print(FIGURE)
