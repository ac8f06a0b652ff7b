# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A linear unit (Adaline) goes down the gradient of its squared error, and ends at the weights
of least squares."""

import numpy as np

from dlc.layers import Adaline, Sequential, set_random_seed
from dlc.optimizers import SGD

set_random_seed(1)
model = Sequential([Adaline(input_shape=[3])])
model.compile(loss="mse", optimizer=SGD(0.1))

TRAINS, MODEL = True, model

rng = np.random.default_rng(0)
x = rng.standard_normal((64, 3))
t = x @ [1.0, -2.0, 0.5] + 0.25 + 0.1 * rng.standard_normal(64)
model.fit(x, t, epochs=300, batch_size=64, verbose=0)
w, b = model.get_weights()
best = np.linalg.lstsq(np.c_[x, np.ones(64)], t, rcond=None)[0]
error = np.abs(np.r_[w.ravel(), b] - best).max()
assert error < 1e-5
FIGURE = f"weights differ from least squares by {error:.0e}"
print(FIGURE)
