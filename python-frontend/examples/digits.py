# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Handwritten digits, 8 x 8, as scikit-learn ships them."""

from sklearn.datasets import load_digits

from dlc.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Sequential

digits = load_digits()
x, y = digits.images[..., None] / 16.0, digits.target
model = Sequential([
    Conv2D(16, 3, activation="relu", padding="same", input_shape=(8, 8, 1)),
    Conv2D(32, 3, activation="relu", padding="same"),
    MaxPooling2D(),
    Flatten(),
    Dense(64, activation="relu"),
    Dropout(0.3),
    Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x[:1500], y[:1500], epochs=12, verbose=0).history
loss, accuracy = model.evaluate(x[1500:], y[1500:], verbose=0)
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}, accuracy {accuracy:.3f}")
assert accuracy > 0.9, accuracy
