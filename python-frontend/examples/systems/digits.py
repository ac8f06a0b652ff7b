# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Handwritten grey digits, as scikit-learn ships them (8x8, the small sister of MNIST): a CNN with
dropout."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlc.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Sequential, set_random_seed

set_random_seed(1)
model = Sequential([
    Conv2D(32, 3, activation="relu", padding="same", input_shape=(8, 8, 1)),
    Conv2D(64, 3, activation="relu", padding="same"),
    MaxPooling2D(),
    Dropout(0.25),
    Flatten(),
    Dense(128, activation="relu"),
    Dropout(0.5),
    Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

TRAINS, MODEL = True, model

digits = load_digits()
x = digits.images[..., None] / 16
x, held_x, t, held_t = train_test_split(x, digits.target, random_state=0)
model.fit(x, t, epochs=12, verbose=0)
accuracy = model.evaluate(held_x, held_t)[1]
assert accuracy > 0.95
FIGURE = f"{accuracy:.1%} of unseen digits right"
print(FIGURE)
