# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A GRU with its two gates, z for what stays and r for what the candidate sees of the past; the
candidate is a ReLU. Checked against NumPy, then trained to remember the last number with a mark."""

import numpy as np

from dlc.layers import GRU, Dense, Sequential, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)
model = Sequential([
    GRU(8, activation="relu", reset_after=False, input_shape=[None, 2]),
    Dense(1),
])
model.compile(loss="mse", optimizer=Adam(0.01))
TRAINS, MODEL = True, model


def logistic(z):
    return 1 / (1 + np.exp(-z))


x, h = np.random.default_rng(0).random((1000, 12, 2)), np.zeros((1000, 8))
w, u, b, w2, b2 = model.get_weights()
(wz, wr, wn), (uz, ur, un), (bz, br, bn) = (np.split(v, 3, axis=-1) for v in (w, u, b))
for t in range(12):
    z, r = logistic(x[:, t] @ wz + h @ uz + bz), logistic(x[:, t] @ wr + h @ ur + br)
    h = z * h + (1 - z) * np.maximum(x[:, t] @ wn + (r * h) @ un + bn, 0)
assert np.allclose(model.predict(x), h @ w2 + b2, atol=1e-5)
x[..., 1] = x[..., 1] > 0.7
last = x[np.arange(1000), 11 - x[:, ::-1, 1].argmax(1), 0]
model.fit(x[:900], last[:900], epochs=60, verbose=0)
error = model.evaluate(x[900:], last[900:]) / last.var()
assert error < 0.1
FIGURE = f"mse {error:.3f} of the variance"
print(FIGURE)
