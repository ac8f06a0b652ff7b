# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GoogLeNet (Szegedy et al., 2014): in each block four ways side by side, of which 1x1 convolutions
keep the cost low. Without normalisation across channels and the heads that helped it learn."""

import numpy as np

import dlc
from dlc.layers import (Concatenate, Conv2D, Dense, Dropout, GlobalAveragePooling2D, Input,
                        MaxPooling2D, Model)


def conv(x, filters, size, strides=1):
    return Conv2D(filters, size, strides=strides, padding="same", activation="relu",
                  kernel_initializer="zeros")(x)


def pool(x, strides=2):
    return MaxPooling2D(3, strides, padding="same")(x)


x = Input(shape=(224, 224, 3), batch_size=1)
y = pool(conv(conv(pool(conv(x, 64, 7, strides=2)), 64, 1), 192, 3))
for widths in ("64 96 128 16 32 32", "128 128 192 32 96 64", "192 96 208 16 48 64 pool",
               "160 112 224 24 64 64", "128 128 256 24 64 64", "112 144 288 32 64 64",
               "256 160 320 32 128 128", "256 160 320 32 128 128 pool", "384 192 384 48 128 128"):
    y = pool(y) if "pool" in widths else y
    a, b, c, d, e, f = map(int, widths.split()[:6])
    y = Concatenate()([conv(y, a, 1), conv(conv(y, b, 1), c, 3), conv(conv(y, d, 1), e, 5),
                       conv(pool(y, strides=1), f, 1)])
y = Dropout(0.4)(GlobalAveragePooling2D()(y))
model = Model(x, Dense(1000, activation="softmax", kernel_initializer="zeros")(y))
TRAINS, MODEL = True, model

library = dlc.compile(model, train="loss=cross_entropy initializer=he_normal rate=0.001")
library.initialize(1)
x, t = np.random.default_rng(0).random((1, 224, 224, 3), np.float32), np.array([7])
losses = [float(library.step(x, t)) for _ in range(3)]
assert model.count_params() == 6998552 and losses[0] > losses[1] > losses[2]
FIGURE = "6,998,552 weights; loss of three steps " + ", ".join(f"{v:.2f}" for v in losses)
print(FIGURE)
