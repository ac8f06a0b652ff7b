# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sentences of Harry, Sally, James, met and a full stop. What knows the last word alone says "Harry
met Harry.", "Harry." and "Harry met Sally met"; an LSTM forgets, ignores, selects and does not."""

import numpy as np

from dlc.layers import LSTM, Dense, Sequential, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)
WORDS = ["Harry", "Sally", "James", "met", "."]
last_word = Sequential([Dense(5, activation="tanh", input_shape=[None, 5]),
                        Dense(5, activation="softmax")])
lstm = Sequential([LSTM(12, return_sequences=True, input_shape=[None, 5]),
                   Dense(5, activation="softmax")])
TRAINS, MODEL = True, lstm

rng = np.random.default_rng(0)
pairs = np.array([(a, b) for a in range(3) for b in range(3) if a != b])
met = pairs[rng.integers(0, 6, (400, 3))]  # who met whom, three sentences a text
text = np.stack([met[..., 0], met[..., 0] * 0 + 3, met[..., 1], met[..., 0] * 0 + 4], axis=-1)
text = np.c_[np.full(400, 4), text.reshape(400, 12)]
fails = {}
for name, model in (("last word", last_word), ("LSTM", lstm)):
    model.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(0.01))
    model.fit(np.eye(5)[text[:, :-1]], text[:, 1:], epochs=40, verbose=0)
    fails[name] = []
    for said, wrong in ((". Harry met", "Harry"), (". Harry", "."), (". Harry met Sally", "met")):
        x = np.eye(5)[[[WORDS.index(word) for word in said.split()]]]
        fails[name].append(model.predict(x)[0, -1, WORDS.index(wrong)])
assert min(fails["last word"]) > 0.2 and max(fails["LSTM"]) < 0.05
FIGURE = "chances of the three mistakes: " + "; ".join(
    f"{name} " + ", ".join(f"{p:.2f}" for p in chances) for name, chances in fails.items())
print(FIGURE)
