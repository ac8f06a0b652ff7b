# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same small MLP looks at every position of a signal. Its work may lie in one layer or be
spread over two or three that each see a few positions: a stack of convolutions does the same."""

import numpy as np

from dlc.layers import (Concatenate, Conv1D, Cropping1D, Dense, Flatten, Input, Model, Reshape,
                        set_random_seed)

set_random_seed(1)
STEPS, CHANNELS, UNITS = 8, 3, (8, 6, 2)


def scan(x, steps, layer, window):
    """A dense layer at each position, over a window of steps."""
    places = [Flatten()(Cropping1D((i, steps - window - i))(x)) for i in range(steps - window + 1)]
    return Concatenate(axis=1)([Reshape((1, layer.units))(layer(place)) for place in places])


def networks(windows):
    x, steps = Input(shape=(STEPS, CHANNELS)), STEPS
    y = z = x
    for window, units in zip(windows, UNITS):
        y, steps = scan(y, steps, Dense(units, activation="tanh"), window), steps - window + 1
        z = Conv1D(units, window, activation="tanh")(z)
    return Model(x, y), Model(x, z)


TRAINS, MODEL = False, networks((4, 1, 1))[0]

x = np.random.default_rng(0).standard_normal((5, STEPS, CHANNELS))
for windows in ((4, 1, 1), (2, 3, 1), (2, 2, 2)):  # all see four positions in the end
    mlp, convolution = networks(windows)
    shapes = [b.shape for b in convolution.get_weights()]
    convolution.set_weights([w.reshape(s) for w, s in zip(mlp.get_weights(), shapes)])
    assert np.allclose(mlp.predict(x), convolution.predict(x), atol=1e-6)
FIGURE = "over 1, 2 and 3 layers: the convolutions' numbers"
print(FIGURE)
