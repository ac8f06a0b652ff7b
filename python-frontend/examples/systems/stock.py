# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tomorrow's change of a stock from the last three, Y(t) = f(X(t), X(t-1), X(t-2)), then with
infinite memory by an RNN. The market is made up: every earlier change tells something."""

import numpy as np

from dlc.layers import Dense, Sequential, SimpleRNN, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)
window = Sequential([Dense(16, activation="tanh", input_shape=[3]), Dense(1)])
endless = Sequential([SimpleRNN(8, input_shape=[None, 1]), Dense(1)])
window.compile(loss="mse", optimizer=Adam(0.01))
endless.compile(loss="mse", optimizer=Adam(0.003, clipnorm=1.0))
TRAINS, MODEL = True, endless

noise = np.random.default_rng(0).standard_normal((1500, 42))
changes = noise[:, 1:] - 0.95 * noise[:, :-1]
x, t = changes[:, :40, None], changes[:, 40]
window.fit(x[:1200, -3:, 0], t[:1200], epochs=30, verbose=0)
endless.fit(x[:1200], t[:1200], epochs=60, verbose=0)
today = np.square(t[1200:] - x[1200:, -1, 0]).mean()
few = window.evaluate(x[1200:, -3:, 0], t[1200:])
many = endless.evaluate(x[1200:], t[1200:])
assert few < 0.5 * today and many < 0.95 * few
FIGURE = f"mse: as today {today:.2f}, from three days {few:.2f}, from all {many:.2f} (best 1)"
print(FIGURE)
