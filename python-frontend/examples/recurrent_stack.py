# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A stack of plain recurrent layers, of any number of steps, that says what comes next."""

from dlc.layers import Dense, Dropout, Sequential, SimpleRNN

from series import waves

model = Sequential([
    SimpleRNN(2, return_sequences=True, input_shape=[None, 1]),
    Dropout(0.3),
    SimpleRNN(1),
    Dense(1),
])
model.compile(loss="mse", optimizer="Adam", metrics=["mae", "mse"])
x, y = waves(1000, 30)
history = model.fit(x, y, epochs=12, validation_split=0.1, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
