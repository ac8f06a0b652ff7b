# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dlc.layers: models without Keras; their counts, training, refusals and exports."""

import os
import tempfile

import numpy as np

import dlc
from dlc.layers import (GRU, LSTM, Add, Bidirectional, Conv1D, Conv2D, Dense, Dropout, Embedding,
                        Input, MaxPool2D, Model, Perceptron, Sequential, SimpleRNN, UpSampling2D,
                        set_random_seed)
from dlc.optimizers import SGD, Adam

rng = np.random.default_rng(0)


def say(name, isRight):
    print(f"{name}: {'right' if isRight else 'WRONG'}")


# The perceptron rule, one example at a time: it learns AND and OR, but cannot learn XOR.
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
for name, y in (("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])):
    model = Sequential([Perceptron(1, input_shape=[2], kernel_initializer="zeros")])
    model.compile(SGD(1.0), "perceptron", metrics=["accuracy"])
    model.fit(x, y, epochs=20, batch_size=1, shuffle=False, verbose=0)
    w, b = np.zeros(2), 0.0
    for _ in range(20):
        for a, t in zip(x, y):
            o = float(a @ w + b > 0)
            w, b = w + (t - o) * a, b + (t - o)
    kernel, bias = model.get_weights()
    say(f"rule {name}", np.array_equal(kernel.ravel(), w) and bias[0] == b)
    print(f"{name}: {'learnt' if np.array_equal(model.predict(x).ravel(), y) else 'not learnt'}")

# The summaries, with weights counted by hand.
STACKS = {
    "recurrent": ([SimpleRNN(2, return_sequences=True, input_shape=[None, 1]), Dropout(0.3),
                   SimpleRNN(1), Dense(1)], 2 * 3 + 2 + (2 + 1 + 1) + 2),
    "lstm": ([LSTM(20, return_sequences=True, input_shape=[None, 1]), Dropout(0.2), LSTM(10),
              Dropout(0.2), Dense(1)], 4 * 20 * 22 + 4 * 10 * 31 + 11),
    "gru": ([Conv1D(filters=20, kernel_size=4, strides=2, padding="valid",
                    input_shape=[None, 1]), GRU(2, input_shape=[None, 1], activation="relu"),
             Dropout(0.2), Dense(1)], 4 * 20 + 20 + 3 * 2 * (20 + 2) + 2 * 6 + 3),
}
x = rng.standard_normal((96, 12, 1))
y = x[:, -4:].mean(1)
for name, (layers, count) in STACKS.items():
    set_random_seed(1)
    model = Sequential(layers)
    model.compile(loss="mse", optimizer=Adam(0.01), metrics=["mae", "mse"])
    history = model.fit(x, y, epochs=15, verbose=0, validation_split=0.25).history
    say(f"{name} weights", model.count_params() == count)
    say(f"{name} learns", list(history) == ["loss", "mae", "mse", "val_loss", "val_mae", "val_mse"]
        and history["loss"][-1] < history["loss"][0]
        and np.allclose(history["loss"], history["mse"]))

# An autoencoder of two models, and a shared layer.
set_random_seed(2)
image = Input(shape=(12, 16, 3))
h = MaxPool2D((2, 2), padding="same")(Conv2D(8, (4, 4), activation="sigmoid",
                                             padding="same")(image))
encoder = Model(image, h, name="encoder")
code = Input(shape=(6, 8, 8))
decoder = Model(code, UpSampling2D((2, 2))(Conv2D(3, (4, 4), padding="same")(code)),
                name="decoder")
auto = Model(image, decoder(encoder(image)))
auto.compile(loss="mse", optimizer="Adam")
images = rng.random((16, 12, 16, 3))
losses = auto.fit(images, images, epochs=3, verbose=0).history["loss"]
say("autoencoder", losses[-1] < losses[0] and auto.predict(images).shape == images.shape and
    auto.count_params() == 4 * 4 * 3 * 8 + 8 + 4 * 4 * 8 * 3 + 3)
a, b = Input(shape=(4,)), Input(shape=(4,))
shared = Dense(3, activation="tanh")
both = Model([a, b], Add()([shared(a), shared(b)]) * 0.5)
u, v = rng.standard_normal((2, 5, 4))
kernel, bias = both.get_weights()
say("shared", np.allclose(both.predict([u, v]),
                          (np.tanh(u @ kernel + bias) + np.tanh(v @ kernel + bias)) / 2,
                          atol=1e-5))

# Words of a review; the trained model is exported as a library.
set_random_seed(3)
words = rng.integers(1, 30, (200, 8))
words[::3, 5:] = 0
model = Sequential([Embedding(30, 8, mask_zero=True, input_shape=[None]),
                    Bidirectional(LSTM(6)), Dense(1, activation="sigmoid")])
model.compile(Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(words, (words[:, 0] > 15), epochs=25, verbose=0)
loss, accuracy = model.evaluate(words, words[:, 0] > 15)
say("review", accuracy > 0.95)
with tempfile.TemporaryDirectory() as folder:
    library = dlc.load(model.export(os.path.join(folder, "review.so")))
    say("library", np.allclose(library.predict(words), model.predict(words), atol=1e-6))
    model.save_weights(os.path.join(folder, "w.npz"))
    before = model.predict(words)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    model.load_weights(os.path.join(folder, "w.npz"))
    say("weights", np.array_equal(before, model.predict(words)))

# What does not fit.
for name, attempt in {
        "rank": lambda: Sequential([Dense(3, input_shape=[4], name="first"),
                                    Conv2D(3, 3, name="second")], name="net").build(),
        "argument": lambda: Dense(3, units_of=2),
        "missing": lambda: Dense(),
        "shape": lambda: Sequential([Dense(3, name="first")], name="net"),
        "compile": lambda: both.fit([u, v], u),
        "loss": lambda: model.compile("adam", "rms"),
        "optimizer": lambda: model.compile("adagrat", "mse"),
        "counts": lambda: model.fit(words, words[:9, 0]),
        "nan": lambda: auto.fit(images, np.where(images > 0.999, np.nan, images)),
        "words": lambda: model.fit(np.array([["a"]] * 9), words[:9, 0]),
}.items():
    try:
        attempt()
        print(f"{name}: accepted")
    except Exception as problem:  # pylint: disable=broad-except
        print(f"{name}: {type(problem).__name__}: {problem}")
