# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A fully connected RNN with softmax outputs: a(t) = tanh(Wax x(t) + Waa a(t-1) + ba) and y(t) =
softmax(Wya a(t) + by), the same weights in every column, checked against NumPy."""

import numpy as np

from dlc.layers import Dense, Sequential, SimpleRNN, set_random_seed

set_random_seed(1)
model = Sequential([
    SimpleRNN(16, return_sequences=True, input_shape=[None, 4]),
    Dense(5, activation="softmax"),
])
TRAINS, MODEL = False, model

rng, worst = np.random.default_rng(0), 0
wax, waa, ba, wya, by = model.get_weights()
for steps in (1, 10, 50):
    x = rng.standard_normal((3, steps, 4)).astype(np.float32)
    y, a = model.predict(x), np.zeros((3, 16))
    for t in range(steps):
        a = np.tanh(x[:, t] @ wax + a @ waa + ba)
        e = np.exp(a @ wya + by)
        worst = max(worst, np.abs(y[:, t] - e / e.sum(-1, keepdims=True)).max())
assert worst < 1e-6
FIGURE = f"1, 10 and 50 steps differ from NumPy by {worst:.0e} at most"
print(FIGURE)
