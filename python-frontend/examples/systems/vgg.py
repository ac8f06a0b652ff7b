# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""VGG-16 (Simonyan and Zisserman, 2014): nothing but filters of 3x3, pools of 2x2 and three dense
layers. One picture is classified, then learnt in one step of descent."""

import numpy as np

import dlc
from dlc.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Sequential

model = Sequential([Input(shape=(224, 224, 3), batch_size=1)])
for filters, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    for _ in range(times):
        model.add(Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer="zeros"))
    model.add(MaxPooling2D())
model.add(Flatten())
for units in (4096, 4096):
    model.add(Dense(units, activation="relu", kernel_initializer="zeros"))
    model.add(Dropout(0.5))
model.add(Dense(1000, activation="softmax", kernel_initializer="zeros"))
TRAINS, MODEL = True, model

assert model.count_params() == 138357544
library = dlc.compile(model, train="loss=cross_entropy initializer=he_normal rate=0.0001")
library.initialize(1)  # the weights are drawn by compiled code
x, t = np.random.default_rng(0).random((1, 224, 224, 3), np.float32), np.array([7])
before, _, after = library.predict(x)[0, 7], library.step(x, t), library.predict(x)[0, 7]
assert after > 2 * before
FIGURE = f"138,357,544 weights; p of the class {before:.4f}, after one step {after:.4f}"
print(FIGURE)
