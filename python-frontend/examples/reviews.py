# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A review is good where its good words outweigh the bad: an embedding and an LSTM tell.

The words are numbers, drawn here: 1 to 40 are good, 41 to 80 bad, others neither; 0 fills up.
"""

import numpy as np

from dlc.layers import LSTM, Dense, Embedding, Sequential

rng = np.random.default_rng(0)
x = rng.integers(1, 200, (2000, 24))
x[np.arange(24) >= rng.integers(8, 25, (2000, 1))] = 0
score = ((x >= 1) & (x <= 40)).sum(1) - ((x > 40) & (x <= 80)).sum(1)
x, y = x[score != 0], (score[score != 0] > 0).astype(np.float32)

model = Sequential([
    Embedding(200, 16, mask_zero=True, input_shape=[None]),
    LSTM(16),
    Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x, y, epochs=15, validation_split=0.2, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}, accuracy "
      f"{history['val_accuracy'][-1]:.3f}")
assert history["val_accuracy"][-1] > 0.85
