# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A network learns a noisy wave, and leaves as a library."""

import numpy as np

import dlc
from dlc.layers import Dense, Sequential, set_random_seed

set_random_seed(1)
rng = np.random.default_rng(1)


def wave(x):
    return np.sin(3 * x) * np.exp(-np.abs(x))


x = rng.uniform(-2, 2, (2000, 1)).astype(np.float32)
y = (wave(x) + rng.normal(0, 0.05, x.shape)).astype(np.float32)

model = Sequential([
    Dense(32, activation="tanh", input_shape=[1]),
    Dense(32, activation="tanh"),
    Dense(1),
])
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=100, batch_size=50, verbose=0)

new = np.linspace(-2, 2, 401, dtype=np.float32)[:, None]
error = np.mean((model.predict(new) - wave(new)) ** 2)
print("mean squared error on new points:", "below" if error < 0.002 else "not below", "0.002")

# wave.so and wave.h, for any program; here for this one.
library = dlc.load(model.export("wave.so"))
same = np.allclose(library.predict(new), model.predict(new), atol=1e-6)
print("the exported library answers", "the same" if same else "something else")
