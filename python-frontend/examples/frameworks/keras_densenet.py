# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transfer learning: a frozen DenseNet-201 of Keras gets a new head of 101 classes, and dlc trains
it. The base has random weights here, since those of ImageNet are not at hand."""

import keras
import numpy as np
from keras import Sequential
from keras.layers import Dense, GlobalAveragePooling2D

import dlc.keras

keras.utils.set_random_seed(1)
base = keras.applications.DenseNet201(input_shape=(224, 224, 3), weights=None, include_top=False)
base.trainable = False
model = Sequential([base, GlobalAveragePooling2D(), Dense(101, activation="softmax")])
dlc.keras.accelerate(model)
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

rng = np.random.default_rng(0)
x, y = rng.random((8, 224, 224, 3), np.float32), rng.integers(0, 101, 8)
frozen = [np.asarray(w) for w in base.weights[:3]]
history = model.fit(x, y, batch_size=4, epochs=3, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
assert history["loss"][-1] < history["loss"][0]
assert all(np.array_equal(a, np.asarray(b)) for a, b in zip(frozen, base.weights))
