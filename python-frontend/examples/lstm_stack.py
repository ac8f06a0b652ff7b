# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two LSTM layers that say what comes next."""

from dlc.layers import LSTM, Dense, Dropout, Sequential

from series import waves

model = Sequential([
    LSTM(20, return_sequences=True, input_shape=[None, 1]),
    Dropout(0.2),
    LSTM(10),
    Dropout(0.2),
    Dense(1),
])
model.compile(loss="mse", optimizer="Adam", metrics=["mae", "mse"])
x, y = waves(1000, 30)
history = model.fit(x, y, epochs=8, validation_split=0.1, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
