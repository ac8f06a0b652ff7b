# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training of Keras models: dlc compared with Keras on JAX and on PyTorch, and torch.compile.

    front_ends.py [--models REGEX] [--engines dlc,keras-jax,keras-torch,torch-compile]

Needs a Python with keras, jax, torch and dlc (PYTHONPATH=python-frontend/src). Each pair runs in a
process of its own, one after another: the first epoch, then three more, of which the fastest
counts. The additional time of the first epoch is compilation. Batches of 32, Adam, float32, all
with the machine's threads.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time

import numpy as np

ENGINES = ("dlc", "keras-jax", "keras-torch", "torch-compile")


def windows(count=2000, steps=30):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, steps, 1)).astype("float32")
    return x, x.sum(1)


def recurrent(k):
    L = k.layers
    return [L.SimpleRNN(2, return_sequences=True), L.Dropout(0.3), L.SimpleRNN(1), L.Dense(1)]


def lstm(k):
    L = k.layers
    return [L.LSTM(20, return_sequences=True), L.Dropout(0.2), L.LSTM(10), L.Dropout(0.2),
            L.Dense(1)]


def conv_gru(k):
    L = k.layers
    return [L.Conv1D(20, 4, strides=2), L.GRU(2, activation="relu"), L.Dropout(0.2), L.Dense(1)]


def autoencoder(k):
    L = k.layers
    same = {"padding": "same", "activation": "sigmoid"}
    return [L.Conv2D(64, 4, **same), L.MaxPool2D(2, padding="same"), L.Conv2D(32, 4, **same),
            L.MaxPool2D(2, padding="same"), L.Conv2D(32, 4, **same), L.UpSampling2D(2),
            L.Conv2D(64, 1, **same), L.UpSampling2D(2), L.Conv2D(3, 4, **same)]


def pictures():
    x = np.random.default_rng(0).random((64, 60, 80, 3)).astype("float32")
    return x, x


def digits(k):
    L = k.layers
    return [L.Conv2D(32, 3, activation="relu"), L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(), L.Dropout(0.25), L.Flatten(), L.Dense(128, activation="relu"),
            L.Dropout(0.5), L.Dense(10, activation="softmax")]


def digit_data():
    rng = np.random.default_rng(0)
    return rng.random((2048, 28, 28, 1)).astype("float32"), rng.integers(0, 10, 2048)


def perceptron(k):
    L = k.layers
    return [L.Dense(64, activation="relu"), L.Dense(64, activation="relu"), L.Dense(1)]


def table():
    x = np.random.default_rng(0).normal(size=(8000, 20)).astype("float32")
    return x, x[:, :1]


def reviews(k):
    L = k.layers
    return [L.Embedding(20000, 128), L.LSTM(128), L.Dense(1, activation="sigmoid")]


def words():
    rng = np.random.default_rng(0)
    return rng.integers(0, 20000, (640, 80)), rng.integers(0, 2, (640, 1)).astype("float32")


# Layers, data, shape of a sample, its element type, loss.
MODELS = {
    "perceptron": (perceptron, table, (20,), "float32", "mse"),
    "recurrent stack": (recurrent, windows, (None, 1), "float32", "mse"),
    "LSTM stack": (lstm, windows, (None, 1), "float32", "mse"),
    "convolution, GRU": (conv_gru, windows, (None, 1), "float32", "mse"),
    "digits": (digits, digit_data, (28, 28, 1), "float32", "sparse_categorical_crossentropy"),
    "autoencoder": (autoencoder, pictures, (60, 80, 3), "float32", "mse"),
    "reviews": (reviews, words, (None,), "int64", "binary_crossentropy"),
}


def keras_epochs(engine, name, more):
    os.environ["KERAS_BACKEND"] = "torch" if engine == "keras-torch" else "jax"
    import keras
    layers, data, shape, element, loss = MODELS[name]
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape, dtype=element), *layers(keras)])
    if engine == "dlc":
        import dlc.keras
        dlc.keras.accelerate(model)
    model.compile("adam", loss)
    x, y = data()
    for _ in range(1 + more):
        begin = time.perf_counter()
        model.fit(x, y, batch_size=32, epochs=1, verbose=0)
        yield time.perf_counter() - begin
    yield model.count_params()


def torch_model(name):
    """The same layers as a PyTorch module, if it has them; and its loss."""
    import torch
    from torch import nn

    class Last(nn.Module):
        """The last step of a recurrent layer, or all steps."""

        def __init__(self, layer, every=False):
            super().__init__()
            self.layer, self.every = layer, every

        def forward(self, x):
            y, _ = self.layer(x)
            return y if self.every else y[:, -1]

    mse, bce = nn.functional.mse_loss, nn.functional.binary_cross_entropy_with_logits
    made = {
        "perceptron": lambda: (nn.Sequential(
            nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)), mse),
        "LSTM stack": lambda: (nn.Sequential(
            Last(nn.LSTM(1, 20, batch_first=True), True), nn.Dropout(0.2),
            Last(nn.LSTM(20, 10, batch_first=True)), nn.Dropout(0.2), nn.Linear(10, 1)), mse),
        "recurrent stack": lambda: (nn.Sequential(
            Last(nn.RNN(1, 2, batch_first=True), True), nn.Dropout(0.3),
            Last(nn.RNN(2, 1, batch_first=True)), nn.Linear(1, 1)), mse),
        "digits": lambda: (nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(128, 10)), nn.functional.cross_entropy),
        "reviews": lambda: (nn.Sequential(
            nn.Embedding(20000, 128), Last(nn.LSTM(128, 128, batch_first=True)),
            nn.Linear(128, 1)), bce),
    }
    torch.manual_seed(1)
    return made[name]() if name in made else (None, None)


def torch_epochs(name, more):
    import torch
    module, loss = torch_model(name)
    if module is None:
        raise SystemExit("no such module")
    x, y = MODELS[name][1]()
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    optimizer = torch.optim.Adam(module.parameters())

    def both(a, b):
        return loss(module(a), b)

    forward = torch.compile(both)
    for _ in range(1 + more):
        begin = time.perf_counter()
        order = torch.randperm(len(x))
        for start in range(0, len(x), 32):
            chosen = order[start:start + 32]
            optimizer.zero_grad()
            forward(x[chosen], y[chosen]).backward()
            optimizer.step()
        yield time.perf_counter() - begin
    yield sum(p.numel() for p in module.parameters())


def measure(engine, name, more=3):
    *times, weights = (torch_epochs(name, more) if engine == "torch-compile" else
                       keras_epochs(engine, name, more))
    epoch = min(times[1:])
    return {"epoch": epoch, "compile": max(times[0] - epoch, 0.0), "weights": weights}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=".")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print("RESULT " + json.dumps(measure(*arguments.one)))
        return
    engines = arguments.engines.split(",")
    print("| model | weights | " + " | ".join(
        f"{e}: ms an epoch (s to compile)" for e in engines) + " | fastest other / dlc |")
    print("|" + "---|" * (len(engines) + 3))
    for name in MODELS:
        if not re.search(arguments.models, name):
            continue
        found = {}
        for engine in engines:
            done = subprocess.run([sys.executable, __file__, "--one", engine, name],
                                  capture_output=True, text=True)
            said = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
            found[engine] = json.loads(said[1]) if said else None
        cells = ["-" if f is None else f"{f['epoch'] * 1e3:.1f} ({f['compile']:.1f})"
                 for f in found.values()]
        others = [f["epoch"] for e, f in found.items() if e != "dlc" and f]
        own = found.get("dlc")
        ratio = f"{min(others) / own['epoch']:.2f}" if own and others else "-"
        weights = next((f["weights"] for f in found.values() if f), 0)
        print(f"| {name} | {weights:,} | {' | '.join(cells)} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
