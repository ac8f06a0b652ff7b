# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ResNet-50 (He et al., 2015): a block adds what it computes to what it was given. Three steps of
descent learn one picture, with the batch's statistics in every normalisation."""

import numpy as np

import dlc
from dlc.layers import (Activation, Add, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D,
                        Input, MaxPooling2D, Model, ZeroPadding2D)


def conv(x, filters, size, strides=1, activation="relu", padding="same"):
    x = Conv2D(filters, size, strides=strides, padding=padding, use_bias=False,
               kernel_initializer="zeros")(x)
    return Activation(activation)(BatchNormalization()(x))


def block(x, filters, strides, is_first):
    y = conv(conv(conv(x, filters, 1), filters, 3, strides), 4 * filters, 1, activation="linear")
    x = conv(x, 4 * filters, 1, strides, activation="linear") if is_first else x
    return Activation("relu")(Add()([x, y]))


x = Input(shape=(224, 224, 3), batch_size=1)
y = MaxPooling2D(3, 2, padding="same")(conv(ZeroPadding2D(3)(x), 64, 7, 2, padding="valid"))
for filters, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
    for k in range(count):
        y = block(y, filters, 2 if filters > 64 and k == 0 else 1, k == 0)
y = GlobalAveragePooling2D()(y)
model = Model(x, Dense(1000, activation="softmax", kernel_initializer="zeros")(y))
TRAINS, MODEL = True, model

assert sum(w.size for name, w in model.weights.items() if "moving" not in name) == 25557032
library = dlc.compile(model, train="loss=cross_entropy initializer=he_normal rate=0.001")
library.initialize(1)
x, t = np.random.default_rng(0).random((1, 224, 224, 3), np.float32), np.array([7])
losses = [float(library.step(x, t)) for _ in range(3)]
assert losses[0] > losses[1] > losses[2]
FIGURE = "25,557,032 weights; loss of three steps " + ", ".join(f"{v:.2f}" for v in losses)
print(FIGURE)
