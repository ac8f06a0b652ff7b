# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An LSTM as four gates without a bias: f, i, o = logistic(X U + H W), c = tanh(X U + H W), then
C = f C' + i c and H = o tanh(C); checked against NumPy."""

import numpy as np

from dlc.layers import LSTM, Sequential, set_random_seed

set_random_seed(1)
model = Sequential([LSTM(8, use_bias=False, return_sequences=True, input_shape=[None, 6])])
TRAINS, MODEL = False, model


def logistic(z):
    return 1 / (1 + np.exp(-z))


# Columns of the weights: gates i, f, c, o.
(ui, uf, uc, uo), (wi, wf, wc, wo) = (np.split(w, 4, axis=1) for w in model.get_weights())
x = np.random.default_rng(0).standard_normal((3, 20, 6)).astype(np.float32)
y, h, c, worst = model.predict(x), np.zeros((3, 8)), np.zeros((3, 8)), 0
for t in range(20):
    f, i, o = (logistic(x[:, t] @ u + h @ w) for u, w in ((uf, wf), (ui, wi), (uo, wo)))
    c = f * c + i * np.tanh(x[:, t] @ uc + h @ wc)
    h = o * np.tanh(c)
    worst = max(worst, np.abs(y[:, t] - h).max())
assert worst < 1e-6
FIGURE = f"20 steps differ from NumPy by {worst:.0e} at most"
print(FIGURE)
