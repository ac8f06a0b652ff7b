# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A deep network learns: feed-forward, squared error, back-propagation to all weights and biases,
a step down the gradient, epoch after epoch. One step is checked by hand, then Adam goes on."""

import numpy as np
from sklearn.datasets import load_diabetes

from dlc.layers import Dense, Sequential, set_random_seed
from dlc.optimizers import SGD

set_random_seed(1)
model = Sequential([
    Dense(16, activation="tanh", input_shape=[10]),
    Dense(16, activation="tanh"),
    Dense(16, activation="tanh"),
    Dense(1),
])
model.compile(loss="mse", optimizer=SGD(0.1))

TRAINS, MODEL = True, model

x, t = load_diabetes(return_X_y=True)
x, t = x / x.std(0), (t[:, None] - t.mean()) / t.std()
values, after = [x], model.get_weights()
for w, b in zip(after[::2], after[1::2]):
    values.append(np.tanh(values[-1] @ w + b) if len(b) > 1 else values[-1] @ w + b)
error = 2 * (values[-1] - t) / len(t)                    # the loss by the output
for k in (3, 2, 1, 0):
    w, h = after[2 * k], values[k]
    after[2 * k:2 * k + 2] = w - 0.1 * h.T @ error, after[2 * k + 1] - 0.1 * error.sum(0)
    error = error @ w.T * (1 - h * h)                    # through the weights, then through tanh
model.train_on_batch(x, t)
assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(after, model.get_weights()))
model.compile(loss="mse", optimizer="Adam", metrics=["mae", "mse"])
loss, mae, mse = model.fit(x, t, epochs=30, verbose=0) and model.evaluate(x, t)
assert abs(loss - mse) < 1e-6 and mse < 0.5
FIGURE = f"mse {mse:.2f}, mae {mae:.2f} (variance 1)"
print(FIGURE)
