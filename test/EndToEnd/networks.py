# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole networks with random weights against the same layers in NumPy, in f64.

    networks.py NAME

A network is a list of layers. This file writes it as a dl model that contains its weights, and
evaluates it with reference.py. Prints the largest error relative to the largest answer.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import dlc
import reference as ref


class Network:
    """Writes layers and computes them at the same time."""

    def __init__(self, x, seed=0):
        self.rng = np.random.default_rng(seed)
        self.x = np.asarray(x, np.float32)
        self.value = self.x.astype(np.float64)
        self.name, self.count = "%x", 0
        self.globals, self.body = [], []

    def type(self, shape=None):
        shape = self.value.shape if shape is None else shape
        # The batch is free in the model.
        return f"tensor<{'x'.join(['?', *map(str, shape[1:])])}xf32>"

    def weight(self, *shape, scale=None):
        fan_in = int(np.prod(shape[:-1])) or 1
        w = (self.rng.standard_normal(shape)
             * (scale or np.sqrt(2 / fan_in))).astype(np.float32)
        name, text = f"w{len(self.globals)}", "x".join(map(str, shape))
        data = w.tobytes().hex().upper()
        self.globals.append(
            f'ml_program.global private @{name}(dense<"0x{data}"> : tensor<{text}xf32>)'
            f" : tensor<{text}xf32>")
        self.body.append(f"  %{name} = ml_program.global_load_const @{name} : "
                         f"tensor<{text}xf32>")
        return w.astype(np.float64), f"%{name}", f"tensor<{text}xf32>"

    def layer(self, text, value):
        self.body.append(f"  %h{self.count} = {text}")
        self.name, self.value = f"%h{self.count}", value
        self.count += 1
        return self

    def conv(self, f, kernel, strides=(1, 1), padding="valid"):
        c = self.value.shape[-1]
        w, wn, wt = self.weight(*kernel, c, f)
        b, bn, bt = self.weight(f, scale=0.1)
        y = ref.conv(self.value, w, b, strides, (1, 1), padding, 1)
        return self.layer(f"dl.conv {self.name}, {wn}, {bn} strides {list(strides)} "
                          f"padding {padding} : {self.type()}, {wt}, {bt}", y)

    def dense(self, n):
        w, wn, wt = self.weight(self.value.shape[-1], n)
        b, bn, bt = self.weight(n, scale=0.1)
        return self.layer(f"dl.dense {self.name}, {wn}, {bn} : {self.type()}, {wt}, {bt}",
                          self.value @ w + b)

    def batch_norm(self):
        c = self.value.shape[-1]
        s, sn, st = self.weight(c, scale=1)
        o, on, _ = self.weight(c, scale=1)
        m, mn, _ = self.weight(c, scale=0.5)
        v, vn, _ = self.weight(c, scale=0.2)
        # A variance must be positive, so its square is used.
        self.body.append(f"  %v{self.count} = dl.square {vn} : {st}")
        y = (self.value - m) / np.sqrt(v * v + 1e-3) * s + o
        return self.layer(f"dl.batch_norm {self.name}, {sn}, {on}, {mn}, %v{self.count}"
                          f" epsilon 0.001 : {self.type()}, {st}", y)

    def pool(self, kind, window=(2, 2), strides=(2, 2), padding="valid", ceil=False):
        y = ref.pool(self.value, window, strides, (1, 1), padding, ceil, kind)
        return self.layer(f"dl.{kind}_pool {self.name} window {list(window)} strides "
                          f"{list(strides)} padding {padding}"
                          f"{' ceil_mode' if ceil else ''} : {self.type()}", y)

    def upsample(self, *scales):
        return self.layer(f"dl.upsample {self.name} by {list(scales)} : {self.type()}",
                          ref.upsample(self.value, scales))

    def flatten(self):
        return self.layer(f"dl.flatten {self.name} : {self.type()}",
                          self.value.reshape(self.value.shape[0], -1))

    def apply(self, op, function):
        return self.layer(f"dl.{op} {self.name} : {self.type()}", function(self.value))

    def relu(self):
        return self.apply("relu", lambda x: np.maximum(x, 0))

    def sigmoid(self):
        return self.apply("sigmoid", ref.sigmoid)

    def tanh(self):
        return self.apply("tanh", np.tanh)

    def dropout(self):
        return self.layer(f"dl.dropout {self.name} rate 0.5 : {self.type()}", self.value)

    def softmax(self):
        return self.apply("softmax", lambda x: ref.softmax(x, -1))

    def check(self):
        inner = self.type(self.x.shape)
        model = "\n".join(self.globals) + (
            f"\nfunc.func @net(%x: {inner}) -> {self.type()} {{\n"
            + "\n".join(self.body) + f"\n  return {self.name} : {self.type()}\n}}\n")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "net.mlir"
            path.write_text(model)
            got = dlc.load(dlc.compile(path)).net(self.x)
        error = np.abs(got - self.value).max() / np.abs(self.value).max()
        return error


def batch(*shape, seed=1):
    return np.random.default_rng(seed).uniform(0, 1, shape)


def mlp():
    return Network(batch(5, 20)).dense(64).tanh().dense(64).relu().dense(48).sigmoid() \
        .dense(10).softmax()


def worked_cnn():
    return Network(batch(2, 32, 32, 1)).conv(10, (5, 5)).relu().pool("max").flatten() \
        .dense(200).softmax()


def x_o():
    """9x9 images, three 3x3 filters, ReLU, pool in ceil mode, stack, dense."""
    return Network(np.sign(batch(4, 9, 9, 1) - 0.5)).conv(3, (3, 3)).relu() \
        .pool("max", ceil=True).flatten().dense(2).softmax()


def lenet():
    return Network(batch(3, 28, 28, 1)).conv(6, (5, 5), padding="same").tanh() \
        .pool("avg").conv(16, (5, 5)).tanh().pool("avg").flatten() \
        .dense(120).tanh().dense(84).tanh().dense(10).softmax()


def mnist_cnn():
    return Network(batch(2, 28, 28, 1)).conv(32, (3, 3)).batch_norm().relu() \
        .conv(64, (3, 3), strides=(2, 2)).relu().pool("max").dropout().flatten() \
        .dense(128).relu().dropout().dense(10).softmax()


def autoencoder():
    n = Network(batch(1, 60, 80, 3))
    n.conv(64, (4, 4), padding="same").sigmoid().pool("max", padding="same")
    n.conv(32, (4, 4), padding="same").sigmoid().pool("max", padding="same")
    assert n.value.shape == (1, 15, 20, 32)
    n.conv(32, (4, 4), padding="same").sigmoid().upsample(2, 2)
    n.conv(64, (1, 1)).sigmoid().upsample(2, 2)
    return n.conv(3, (4, 4), padding="same").sigmoid()


def scanning_mlp():
    """The same small MLP at every position of a signal: as dense layers over all windows, and as
    convolutions. One model contains both and returns a result for each."""
    rng = np.random.default_rng(2)
    length, c, k, hidden, out = 20, 3, 5, 16, 4
    x = rng.standard_normal((1, length, c)).astype(np.float32)
    w1 = rng.standard_normal((k, c, hidden)).astype(np.float32)
    w2 = rng.standard_normal((1, hidden, out)).astype(np.float32)
    places = length - k + 1
    slices = "\n".join(
        f"  %s{i} = dl.slice %x [0, {i}, 0] to [1, {i + k}, {c}] : tensor<1x{length}x{c}xf32>\n"
        f"  %f{i} = dl.flatten %s{i} : tensor<1x{k}x{c}xf32>\n"
        f"  %h{i} = dl.dense %f{i}, %d1 : tensor<1x{k * c}xf32>, tensor<{k * c}x{hidden}xf32>\n"
        f"  %r{i} = dl.relu %h{i} : tensor<1x{hidden}xf32>\n"
        f"  %o{i} = dl.dense %r{i}, %d2 : tensor<1x{hidden}xf32>, tensor<{hidden}x{out}xf32>"
        for i in range(places))
    names = ", ".join(f"%o{i}" for i in range(places))
    types = ", ".join([f"tensor<1x{out}xf32>"] * places)
    text = f"""
func.func @scan(%x: tensor<1x{length}x{c}xf32>, %w1: tensor<{k}x{c}x{hidden}xf32>, %w2: tensor<1x{hidden}x{out}xf32>)
    -> (tensor<{places}x{out}xf32>, tensor<1x{places}x{out}xf32>) {{
  %d1 = dl.reshape %w1 : tensor<{k}x{c}x{hidden}xf32> to tensor<{k * c}x{hidden}xf32>
  %d2 = dl.reshape %w2 : tensor<1x{hidden}x{out}xf32> to tensor<{hidden}x{out}xf32>
{slices}
  %y = dl.concat {names} axis 0 : {types}
  %c1 = dl.conv %x, %w1 : tensor<1x{length}x{c}xf32>, tensor<{k}x{c}x{hidden}xf32>
  %c2 = dl.relu %c1 : tensor<1x{places}x{hidden}xf32>
  %c3 = dl.conv %c2, %w2 : tensor<1x{places}x{hidden}xf32>, tensor<1x{hidden}x{out}xf32>
  return %y, %c3 : tensor<{places}x{out}xf32>, tensor<1x{places}x{out}xf32>
}}
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.mlir"
        path.write_text(text)
        scan, convolution = dlc.load(dlc.compile(path)).scan(x, w1, w2)
    return np.abs(scan - convolution[0]).max() / np.abs(scan).max()


NETWORKS = {f.__name__: f for f in (mlp, worked_cnn, x_o, lenet, mnist_cnn,
                                    autoencoder, scanning_mlp)}


def main():
    network = NETWORKS[sys.argv[1]]()
    error = network.check() if isinstance(network, Network) else network
    print(f"{sys.argv[1]}: largest relative error {error:.1e}")
    sys.exit(not error < 2e-5)


if __name__ == "__main__":
    main()
