# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each layer at inference, with random weights, beside Keras itself: within 1e-5 of the
largest value."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers as L

import dlc
import dlc.keras
from dlc import ir
from dlc import layers as own_layers

CASES = {}


def case(name, shape, *layers, high=None):
    """layers: functions that make them, since a layer belongs to one model; high: inputs are
    whole numbers below it."""
    CASES[name] = shape, layers, high


case("dense", (5,), lambda: L.Dense(3, activation="relu"))
case("dense of three dimensions", (4, 5), lambda: L.Dense(3, activation="gelu"))
for name in ["elu", "selu", "softplus", "softsign", "silu", "gelu", "exponential", "hard_sigmoid",
             "hard_silu", "leaky_relu", "mish", "relu6", "tanh", "sigmoid", "softmax",
             "log_softmax", "log_sigmoid", "hard_tanh", "celu", "squareplus", "soft_shrink",
             "hard_shrink", "tanh_shrink"]:
    case(f"activation {name}", (5,), lambda name=name: L.Activation(name))
case("conv1d", (9, 2), lambda: L.Conv1D(3, 3, padding="causal", dilation_rate=2))
case("conv2d", (9, 8, 2), lambda: L.Conv2D(4, (3, 2), strides=2, padding="same",
                                           activation="relu"))
case("conv2d in groups", (9, 8, 4), lambda: L.Conv2D(4, 3, groups=2))
case("conv3d", (5, 6, 7, 2), lambda: L.Conv3D(3, 2))
case("depthwise", (9, 8, 3), lambda: L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"))
case("separable2d", (9, 8, 3), lambda: L.SeparableConv2D(5, 3))
case("separable1d", (9, 3), lambda: L.SeparableConv1D(5, 3, padding="same"))
for stride in (1, 2, 3):
    for kernel in (1, 2, 3, 4):
        for padding in ("same", "valid"):
            case(f"transposed {kernel} by {stride} {padding}", (4, 5, 2),
                 lambda k=kernel, s=stride, p=padding: L.Conv2DTranspose(3, k, strides=s,
                                                                         padding=p))
case("transposed1d", (4, 2), lambda: L.Conv1DTranspose(3, 3, strides=2, padding="same"))
case("max pool", (7, 8, 2), lambda: L.MaxPooling2D(2, padding="same"))
case("average pool", (7, 8, 2), lambda: L.AveragePooling2D(3, strides=2, padding="same"))
case("global average", (7, 8, 2), L.GlobalAveragePooling2D)
case("global max", (7, 2), lambda: L.GlobalMaxPooling1D(keepdims=True))
for kind in ("Average", "Max"):
    for d, shape, size in ((1, (7, 2), 3), (2, (7, 5, 3), (3, 5)), (2, (6, 4, 3), 2),
                           (2, (3, 4, 2), (5, 6)), (3, (5, 7, 4, 2), (2, 3, 4)),
                           (3, (4, 6, 2, 2), (2, 3, 1))):
        case(f"adaptive {kind} {shape} to {size}", shape,
             lambda k=f"Adaptive{kind}Pooling{d}D", s=size: getattr(L, k)(s))
case("adaptive average, channels first", (3, 7, 5), lambda: L.AdaptiveAveragePooling2D(
    3, data_format="channels_first"))
case("batch norm", (5, 3), L.BatchNormalization)
case("layer norm", (5, 3), L.LayerNormalization)
case("layer norm of two axes", (5, 3), lambda: L.LayerNormalization(axis=[1, 2]))
case("rms norm", (5, 3), L.RMSNormalization)
case("group norm", (5, 5, 6), lambda: L.GroupNormalization(3))
case("unit norm", (5, 3), L.UnitNormalization)
case("shapes", (3, 4), L.Flatten, lambda: L.Reshape((2, -1)), lambda: L.Permute((2, 1)),
     L.Flatten, lambda: L.RepeatVector(3))
case("paddings", (5, 6, 2), lambda: L.ZeroPadding2D(((1, 2), (0, 3))),
     lambda: L.Cropping2D(((1, 0), (2, 1))), lambda: L.UpSampling2D((2, 3)))
case("prelu", (5, 6), L.PReLU)
case("relu", (5,), lambda: L.ReLU(2.0, 0.1, 0.5))
case("leaky relu", (5,), L.LeakyReLU)
case("embedding", (6,), lambda: L.Embedding(11, 4), high=11)
case("masked lstm", (6,), lambda: L.Embedding(5, 4, mask_zero=True), lambda: L.LSTM(3), high=5)
case("masked gru, both ways, mean", (6,), lambda: L.Embedding(5, 4, mask_zero=True),
     lambda: L.Bidirectional(L.GRU(3, return_sequences=True)), L.GlobalAveragePooling1D, high=5)
case("masked lstm, both ways, sequences", (6,), lambda: L.Embedding(5, 4, mask_zero=True),
     lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)), high=5)
case("masked lstm, sequences", (6,), lambda: L.Embedding(5, 4, mask_zero=True),
     lambda: L.LSTM(3, return_sequences=True), high=5)
for kind in (L.SimpleRNN, L.LSTM, L.GRU):
    name = kind.__name__
    case(f"{name}, free steps", (None, 3), lambda k=kind: k(4))
    case(f"{name} backwards, sequences", (7, 3),
         lambda k=kind: k(4, return_sequences=True, go_backwards=True))
    case(f"{name} both ways", (7, 3), lambda k=kind: L.Bidirectional(k(4, return_sequences=True)))
    case(f"{name} linear, no bias", (7, 3), lambda k=kind: k(4, activation="linear",
                                                              use_bias=False))
case("gru reset before", (7, 3), lambda: L.GRU(4, reset_after=False))
case("gru reset before, hard_tanh", (7, 3), lambda: L.GRU(4, reset_after=False,
                                                          activation="hard_tanh"))
case("cells", (7, 3), lambda: L.RNN([L.LSTMCell(4), L.GRUCell(3)], return_sequences=True))
case("cell", (7, 3), lambda: L.RNN(L.SimpleRNNCell(4)))
case("time distributed dense", (4, 5), lambda: L.TimeDistributed(L.Dense(3)))
case("time distributed conv", (None, 5, 6, 2), lambda: L.TimeDistributed(L.Conv2D(3, 2)))
case("conv lstm", (4, 6, 5, 2), lambda: L.ConvLSTM2D(3, (3, 3), return_sequences=True))
case("conv lstm1d", (4, 6, 2), lambda: L.ConvLSTM1D(3, 3, padding="same"))
case("einsum dense", (4, 5), lambda: L.EinsumDense("abc,cd->abd", (None, 7), bias_axes="d"))
case("masking", (6, 3), L.Masking, lambda: L.LSTM(3))
case("rescaling", (5,), lambda: L.Rescaling(1 / 255.0, 0.5))
case("normalization of another axis", (2, 3), lambda: L.Normalization(
    axis=1, mean=[1.0, 2.0], variance=[1.0, 4.0]))
case("time distributed model", (4, 5), lambda: L.TimeDistributed(keras.Sequential(
    [keras.Input((5,)), L.Dense(3), L.Dense(2)])))
case("time distributed, masked", (6,), lambda: L.Embedding(5, 4, mask_zero=True),
     lambda: L.TimeDistributed(L.Dense(3)), lambda: L.LSTM(2), high=5)
case("normalization", (3,), lambda: L.Normalization(mean=[1.0, 2.0, 3.0],
                                                    variance=[1.0, 4.0, 9.0]))


def shuffled(model, rng):
    for v in model.weights:
        if "seed" not in v.path:
            v.assign(rng.normal(size=v.shape) * 0.5 + (1.5 if "variance" in v.path else 0.0))
    return model


def close(got, want):
    want = np.asarray(want)
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= 1e-5 * max(1.0, np.abs(want).max())


@pytest.mark.parametrize("name", CASES)
def test_layer(name, rng, tmp_path):
    shape, layers, high = CASES[name]
    model = shuffled(keras.Sequential([
        keras.Input(shape, dtype="float32" if high is None else "int32"),
        *[make() for make in layers]]), rng)
    shape = [3, *[6 if d is None else d for d in shape]]
    x = rng.normal(size=shape).astype(np.float32) if high is None else \
        rng.integers(0, high, shape).astype(np.int32)
    if name == "masking":
        x[0, 4:] = x[1, 2] = 0
    library = dlc.load(dlc.keras.export(model, tmp_path / "model.so"))
    close(library.predict(x), model(x))


def test_functional(rng, tmp_path):
    """Shared layers, models in models, operations, several inputs and outputs."""
    shared = L.Dense(4, activation="tanh")
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dense(4)], name="inner")
    h = L.Add()([shared(a), shared(b)]) * 0.5
    h = inner(keras.ops.relu(h[:, ::-1]))
    y = L.Concatenate()([h, shared(b), L.Multiply()([h, shared(a)])])
    z = L.Dot(axes=1, normalize=True)([h, shared(a)])
    model = shuffled(keras.Model([a, b], [y, z]), rng)
    x = [rng.normal(size=(5, 6)).astype(np.float32) for _ in range(2)]
    library = dlc.load(dlc.keras.export(model, tmp_path / "model.so"))
    for got, want in zip(library.predict(*x), model(x)):
        close(got, want)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal, rng, tmp_path):
    q, v = keras.Input((5, 8)), keras.Input((7, 8))
    y = L.MultiHeadAttention(2, 3)(q, v if not causal else q,
                                   use_causal_mask=causal)
    y = L.LayerNormalization()(q + y)
    y = L.Attention(use_scale=True)([y, y]) + L.AdditiveAttention()([y, y])
    model = shuffled(keras.Model([q, v], y), rng)
    x = [rng.normal(size=(3, n, 8)).astype(np.float32) for n in (5, 7)]
    library = dlc.load(dlc.keras.export(model, tmp_path / "model.so"))
    close(library.predict(*x), model(x))


class Scaled(L.Layer):
    """A user's layer, with a tensor and a layer of its own."""

    def __init__(self, units, **more):
        super().__init__(**more)
        self.inner = L.Dense(units)
        self.units = units

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
        self.inner.build((None, self.units))

    def call(self, x):
        y = self.inner(keras.ops.relu(keras.ops.matmul(x, self.w) * 2 + 1))
        return y / keras.ops.sqrt(keras.ops.cast(keras.ops.shape(y)[-1], "float32")) + \
            keras.ops.mean(y, axis=-1, keepdims=True)


class Cell(L.Layer):
    """A user's cell of two states."""

    def __init__(self, units, **more):
        super().__init__(**more)
        self.units, self.state_size, self.output_size = units, [units, 1], units

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
        self.r = self.add_weight(shape=(self.units, self.units), name="r")

    def call(self, x, states):
        h, count = states
        h = keras.ops.tanh(keras.ops.matmul(x, self.w) + keras.ops.matmul(h, self.r) - count)
        return h, [h, count + 0.1]


class Net(keras.Model):
    """A subclassed model."""

    def __init__(self):
        super().__init__(name="net")
        self.a, self.m, self.b = L.Dense(3), Scaled(4), L.Dense(2)

    def call(self, x):
        return self.b(keras.ops.tanh(self.m(self.a(x))))


def test_subclassed_models_and_layers_are_traced(rng, tmp_path):
    x, model = rng.normal(size=(6, 5)).astype(np.float32), Net()
    model(x)
    shuffled(model, rng)
    close(dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(x), model(x))


def test_cells_and_functions_of_users_are_traced(rng, tmp_path):
    model = shuffled(keras.Sequential([
        keras.Input((None, 3)), L.RNN(Cell(4), return_sequences=True),
        L.Lambda(lambda x: x[:, ::-1] * 2.0), L.RNN(Cell(3)), Scaled(2)]), rng)
    x = rng.normal(size=(4, 7, 3)).astype(np.float32)
    close(dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(x), model(x))
    dlc.keras.accelerate(model)
    model.compile("sgd", "mse")
    losses = model.fit(x, rng.normal(size=(4, 2)), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_parameters_of_operations(rng, tmp_path):
    x = keras.Input((5,))
    ops = keras.ops
    y = ops.concatenate([ops.leaky_relu(x, negative_slope=0.01), ops.elu(x, alpha=0.5),
                         ops.gelu(x), ops.gelu(x, approximate=False), ops.celu(x)], axis=-1)
    model = keras.Model(x, y)
    data = rng.normal(size=(4, 5)).astype(np.float32)
    close(dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(data), model(data))
    with pytest.raises(dlc.keras.UnknownLayers, match="threshold"):
        dlc.keras.to_module(keras.Model(x, ops.hard_shrink(x, threshold=1.0)))


class Twice(L.Layer):
    """Two tensors of one name, and a call on two inputs."""

    def build(self, x_shape, y_shape):
        self.a = self.add_weight(shape=(5,), name="w")
        self.b = self.add_weight(shape=(5,), name="w")

    def call(self, x, y):
        return x * self.a + y * self.b


def test_traced_layers_of_several_inputs(rng, tmp_path):
    a, b = keras.Input((5,)), keras.Input((5,))
    y = L.Lambda(lambda x, k=1: x * k, arguments={"k": 3})(Twice()(a, b))
    model = shuffled(keras.Model([a, b], y), rng)
    data = [rng.normal(size=(4, 5)).astype(np.float32) for _ in range(2)]
    close(dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(*data), model(data))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_saved_models_are_read_without_keras(suffix, rng, tmp_path):
    x = keras.Input((7, 3))
    h = L.Bidirectional(L.LSTM(2, return_sequences=True))(x)
    h = L.LayerNormalization()(L.MultiHeadAttention(2, 3)(h, h))
    h = keras.Sequential([keras.Input((7, 4)), L.Dense(3), L.BatchNormalization()])(h)
    h = L.Dense(2)(L.RNN([L.LSTMCell(2), L.GRUCell(3)])(h))
    h = L.TimeDistributed(L.Dense(2))(h[:, None] + 1.0)
    model = shuffled(keras.Model(x, h), rng)
    path = tmp_path / f"model{suffix}"
    model.save(path)
    data = rng.normal(size=(5, 7, 3)).astype(np.float32)
    code = ("import sys, numpy as np, dlc.keras\n"
            f"model = dlc.keras.load({str(path)!r})\n"
            f"x = np.load({str(tmp_path / 'x.npy')!r})\n"
            f"np.save({str(tmp_path / 'y.npy')!r}, model.predict(x))\n"
            "assert 'keras' not in sys.modules\n")
    np.save(tmp_path / "x.npy", data)
    subprocess.run([sys.executable, "-c", code], check=True)
    close(np.load(tmp_path / "y.npy"), model(data))


def test_files_that_are_no_models(tmp_path):
    (tmp_path / "a.keras").write_bytes(b"PK\x03\x04nothing")
    keras.Sequential([keras.Input((2,)), L.Dense(1)]).save_weights(tmp_path / "w.weights.h5")
    for name, words in (("a.keras", "a.keras"), ("w.weights.h5", "weights alone"),
                        ("none.h5", "there is no file")):
        with pytest.raises(dlc.keras.FileProblem, match=words):
            dlc.keras.load(tmp_path / name)


def test_unknown_layers_are_named_together():
    first = L.Dense(3, name="first")
    inner = keras.Sequential([
        keras.Input((4, 3), batch_size=2), first,
        L.Lambda(lambda x: keras.ops.erfinv(x), name="second")], name="inner")
    model = keras.Sequential([keras.Input((4, 3), batch_size=2), inner], name="outer")
    first.enable_lora(1)
    with pytest.raises(dlc.keras.UnknownLayers) as problem:
        dlc.keras.accelerate(model)
    assert "outer/inner/first (Dense with lora_rank=1)" in str(problem.value)
    assert "(keras.ops Erfinv)" in str(problem.value)


@pytest.mark.parametrize("layer, shape", [
    (own_layers.Dense(2, name="d"), (None,)), (own_layers.Conv1D(2, 3, name="d"), (8, None)),
    (own_layers.DepthwiseConv2D(3, name="d"), (8, 8, None)),
    (own_layers.SeparableConv1D(2, 3, name="d"), (8, None)),
    (own_layers.GroupNormalization(2, name="d"), (8, None)),
    (own_layers.BatchNormalization(name="d"), (8, None)),
    (own_layers.LSTM(2, name="d"), (8, None))],
    ids=lambda value: type(value).__name__)
def test_extents_that_weights_follow_from_are_known(layer, shape):
    model = own_layers.Sequential([own_layers.Input(shape=shape), layer])
    with pytest.raises(ir.IRError, match="/d: .* known"):
        model.build()
