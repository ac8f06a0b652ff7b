# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ZFNet (Zeiler and Fergus, 2013): AlexNet with smaller filters, 7x7 in steps of 2, in its first
layer. It is here without normalisation across channels. One picture is learnt in one step."""

import numpy as np

import dlc
from dlc.layers import (Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Sequential,
                        ZeroPadding2D)

model = Sequential([Input(shape=(224, 224, 3), batch_size=1), ZeroPadding2D(1)])
model.add(Conv2D(96, 7, strides=2, activation="relu", kernel_initializer="zeros"))
model.add(MaxPooling2D(3, strides=2, padding="same"))
model.add(Conv2D(256, 5, strides=2, activation="relu", kernel_initializer="zeros"))
model.add(MaxPooling2D(3, strides=2, padding="same"))
for filters in (384, 384, 256):
    model.add(Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer="zeros"))
model.add(MaxPooling2D(3, strides=2))
model.add(Flatten())
for units in (4096, 4096):
    model.add(Dense(units, activation="relu", kernel_initializer="zeros"))
    model.add(Dropout(0.5))
model.add(Dense(1000, activation="softmax", kernel_initializer="zeros"))
TRAINS, MODEL = True, model

assert model.count_params() == 62357608
library = dlc.compile(model, train="loss=cross_entropy initializer=he_normal rate=0.0001")
library.initialize(1)  # the weights are drawn by compiled code
x, t = np.random.default_rng(0).random((1, 224, 224, 3), np.float32), np.array([7])
before, _, after = library.predict(x)[0, 7], library.step(x, t), library.predict(x)[0, 7]
assert after > 2 * before
FIGURE = f"62,357,608 weights; p of the class {before:.4f}, after one step {after:.4f}"
print(FIGURE)
