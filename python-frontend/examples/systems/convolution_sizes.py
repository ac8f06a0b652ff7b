# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions of words (1-D), images (2-D), video (3-D): the size of a map is 1 + (W - F + 2P)/S
in each dimension, and each place is the product of a window, in its full depth, with a filter."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlc.layers import (Conv1D, Conv2D, Conv3D, Model, Input, ZeroPadding1D, ZeroPadding2D,
                        ZeroPadding3D, set_random_seed)

set_random_seed(1)
DEPTH, FILTERS = 2, 7
CASES = [(Conv1D, ZeroPadding1D, (50,)), (Conv2D, ZeroPadding2D, (32, 24)),
         (Conv3D, ZeroPadding3D, (6, 9, 8))]


def network(convolution, padding, sizes, f, s, p):
    x = Input(shape=(*sizes, DEPTH))
    return Model(x, convolution(FILTERS, f, strides=s, activation="relu")(padding(p)(x)))


TRAINS, MODEL = False, network(*CASES[1], 3, 1, 1)

rng, made = np.random.default_rng(0), []
for (convolution, padding, sizes), f, s, p in zip(CASES, (4, 5, 3), (2, 3, 1), (0, 2, 1)):
    model, x = network(convolution, padding, sizes, f, s, p), rng.normal(size=(*sizes, DEPTH))
    y = model.predict(x[None])[0]
    assert y.shape == (*[1 + (w - f + 2 * p) // s for w in sizes], FILTERS)
    w, _ = model.get_weights()
    x, rank = np.pad(x, [(p, p)] * len(sizes) + [(0, 0)]), len(sizes)
    windows = sliding_window_view(x, [f] * rank, tuple(range(rank)))[(slice(None, None, s),) * rank]
    wanted = np.tensordot(windows, np.moveaxis(w, -2, 0), rank + 1)
    assert np.allclose(y, np.maximum(wanted, 0), atol=1e-5)
    made.append("x".join(map(str, y.shape)))
FIGURE = "maps of " + ", ".join(made)
print(FIGURE)
