# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A linear unit (Adaline) finds the weights that made its data, by the squared error."""

import numpy as np

from dlc.layers import Adaline, Sequential
from dlc.optimizers import SGD

rng = np.random.default_rng(0)
x = rng.standard_normal((500, 3))
y = x @ [1.0, -2.0, 0.5] + 0.25
model = Sequential([Adaline(input_shape=[3])])
model.compile(loss="mse", optimizer=SGD(0.05))
model.fit(x, y, epochs=20, verbose=0)
w, b = model.get_weights()
print(f"weights {np.round(w.ravel(), 3)}, bias {b[0]:.3f}")
assert np.allclose(w.ravel(), [1.0, -2.0, 0.5], atol=1e-3) and abs(b[0] - 0.25) < 1e-3
