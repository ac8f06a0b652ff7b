# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A convolution that halves the steps, then a gated unit with relu."""

from dlc.layers import GRU, Conv1D, Dense, Dropout, Sequential

from series import waves

model = Sequential([
    Conv1D(filters=20, kernel_size=4, strides=2, padding="valid", input_shape=[None, 1]),
    GRU(2, input_shape=[None, 1], activation="relu"),
    Dropout(0.2),
    Dense(1),
])
model.compile(loss="mse", optimizer="Adam", metrics=["mae", "mse"])
x, y = waves(1000, 30)
history = model.fit(x, y, epochs=12, validation_split=0.1, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
