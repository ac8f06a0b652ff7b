# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Keras models through dlc.compile(model, train=...): the compiler's own steps."""

import numpy as np
import pytest

import dlc

keras = pytest.importorskip("keras")
from keras import layers as L  # noqa: E402

import dlc.keras  # noqa: E402


def data(rng, *shape):
    x = rng.normal(size=(512, *shape)).astype(np.float32)
    return x, rng.normal(size=(512, 1)).astype(np.float32)


@pytest.mark.parametrize("origin", ["keras", "dlc.layers"])
def test_dropout_drops_in_steps_alone(rng, origin):
    layers = L if origin == "keras" else dlc.layers
    last = layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = (keras if origin == "keras" else dlc.layers).Sequential(
        [layers.Input((64,)), layers.Dropout(0.25), last])
    library = dlc.compile(model, train={"loss": "mse", "rate": 0.0})
    x = np.ones((512, 64), np.float32)
    y = np.full((512, 1), 64.0, np.float32)
    assert library.evaluate(x, y) == 0
    # Of 64 ones, each dropped or scaled: the variance of a sum is 64 p / (1 - p).
    losses = np.array([library.step(x, y) for _ in range(20)])
    assert len(set(losses.tolist())) == 20  # another choice in each step
    np.testing.assert_allclose(losses.mean(), 64 / 3, rtol=0.05)  # 10,240 sums: 1.4 % expected
    np.testing.assert_array_equal(library.predict(x), y)


def test_dropout_of_a_cell(rng):
    x, y = data(rng, 5, 8)
    model = keras.Sequential([keras.Input((5, 8)), L.LSTM(16, dropout=0.5), L.Dense(1)])
    library = dlc.compile(model, train={"loss": "mse", "rate": 0.0})
    want = float(np.mean((np.asarray(model(x)) - y) ** 2))
    np.testing.assert_allclose(library.evaluate(x, y), want, rtol=1e-5)
    assert len({float(library.step(x, y)) for _ in range(5)}) == 5


def test_a_model_of_ones_own_drops(rng):
    class Net(dlc.layers.Sequential):
        pass

    model = Net([dlc.layers.Input((64,)), dlc.layers.Dropout(0.5), dlc.layers.Dense(1)])
    library = dlc.compile(model, train={"loss": "mse", "rate": 0.0})
    x, y = np.ones((32, 64), np.float32), np.ones((32, 1), np.float32)
    assert len({float(library.step(x, y)) for _ in range(5)}) == 5


class Fixed(keras.Model):
    """A layer in a mode of its own, whatever the model does."""

    def __init__(self, layer, mode):
        super().__init__()
        self.layer, self.last, self.fixed = layer, L.Dense(1), mode

    def call(self, x):
        return self.last(self.layer(x, training=self.fixed))


def test_a_dropout_that_is_always_off(rng):
    model = Fixed(L.Dropout(0.5), False)
    x, y = data(rng, 8)
    model(x)
    library = dlc.compile(model, train={"loss": "mse", "rate": 0.0})
    want = float(np.mean((np.asarray(model(x)) - y) ** 2))
    for _ in range(3):
        np.testing.assert_allclose(library.step(x, y), want, rtol=1e-5)


@pytest.mark.parametrize("layer, mode, words", [
    (lambda: L.Dropout(0.5), True, "random at inference too"),
    (lambda: L.BatchNormalization(), False, "batch_normalization.* keeps to its averages"),
])
def test_a_mode_of_its_own_is_refused(rng, layer, mode, words):
    model = Fixed(layer(), mode)
    model(data(rng, 8)[0])
    with pytest.raises(dlc.keras.UnknownLayers, match=words):
        dlc.compile(model, train={"loss": "mse"})


def test_running_averages_have_the_layers_momentum(rng):
    x, y = data(rng, 8)
    model = keras.Sequential([keras.Input((8,)), L.BatchNormalization(momentum=0.75), L.Dense(1)])
    library = dlc.compile(model, train={"loss": "mse", "rate": 0.0})
    library.step(x, y)
    mean = next(n for n in library.state if n.endswith("moving_mean"))
    np.testing.assert_allclose(library.state[mean], 0.25 * x.mean(0), atol=1e-6)


@pytest.mark.parametrize("layer, words", [
    (lambda: L.BatchNormalization(renorm=True), "batch_normalization.* has renorm"),
    (lambda: keras.Sequential([L.BatchNormalization(momentum=0.5), L.BatchNormalization()]),
     "normalisations differ in their momentum"),
    (lambda: L.GaussianNoise(0.1), "gaussian_noise.* draws random numbers"),
    (lambda: L.Dropout(0.1, noise_shape=(None, 1)), "dropout.* draws random numbers"),
    (lambda: L.Dense(3, kernel_regularizer="l2"), "kernel has a regularizer"),
    (lambda: L.Dense(3, bias_constraint="non_neg"), "bias has a constraint"),
    (lambda: L.Dense(3, activity_regularizer="l1"), "activity_regularizer adds to the loss")])
def test_what_a_step_would_leave_out_is_refused(layer, words):
    model = keras.Sequential([keras.Input((8,)), layer(), L.Dense(1)])
    with pytest.raises(dlc.keras.UnknownLayers, match=words):
        dlc.compile(model, train={"loss": "mse"})
    assert dlc.compile(model).functions  # inference has none of it


def test_float64_is_told_once(rng, recwarn):
    x, y = rng.normal(size=(32, 4)), rng.normal(size=(32, 1))
    model = dlc.layers.Sequential([dlc.layers.Input((4,)), dlc.layers.Dense(1)])
    model.compile("sgd", "mse")
    recwarn.clear()
    for _ in range(2):
        model.fit(x, y, verbose=0)
        model.predict(x, verbose=0)
    told = [w for w in recwarn if "float64 are converted" in str(w.message)]
    assert len(told) == 1 and told[0].filename == __file__
    recwarn.clear()
    again = dlc.layers.Sequential([dlc.layers.Input((1,)), dlc.layers.Dense(1)])
    again.compile("sgd", "mse")
    again.fit([[0.5], [1.5]], [[1.0], [2.0]], verbose=0)  # numbers without a type
    assert not recwarn
