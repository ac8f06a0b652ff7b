# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Stateful layers, beside Keras whose states are carried from batch to batch.

On JAX, Keras's own loops lose the states that a compiled step assigns, as they are none of the
model's variables; so the reference calls Keras's layers with the states handed on by hand, which
is what stateful means and what Keras does on its other backends."""

import os
import subprocess
import sys

import jax
import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from test_keras_layers import Cell

import dlc
import dlc.keras
from dlc import ir
from dlc import layers as own_layers

BATCH, STEPS = 4, 5


def nested(states):
    return [v for s in states for v in nested(s)] if isinstance(states, (list, tuple)) else [states]


def states_of(model):
    return [v for layer in model._flatten_layers() if hasattr(layer, "cell")
            for v in nested(layer.states)]


class Reference:
    """A Keras model whose states are handed on; learns by plain gradients."""

    def __init__(self, model, rate=0.1):
        self.model, self.rate = model, rate
        self.variables, self.states = model.trainable_variables, states_of(model)

        def loss(values, states, x, y):
            mapping = [*zip(self.variables, values), *zip(self.states, states)]
            with keras.StatelessScope(state_mapping=mapping) as scope:
                outputs = model(x, training=True)
            now = [scope.get_current_value(s) for s in self.states]
            return keras.ops.mean(keras.ops.square(outputs - y)), (now, outputs)

        self._step = jax.jit(jax.value_and_grad(loss, has_aux=True))

    def run(self, x, y, learns):
        """(mean of the losses, outputs) of a pass over the batches."""
        losses, outputs = [], []
        for at in range(0, len(x), BATCH):
            values = [v.value for v in self.variables]
            (loss, (states, found)), gradients = self._step(
                values, [s.value for s in self.states], x[at:at + BATCH], y[at:at + BATCH])
            for variable, value in zip(self.states, states):
                variable.assign(value)
            for variable, value, g in zip(self.variables, values, gradients):
                variable.assign(value - self.rate * g * learns)
            losses.append(float(loss))
            outputs.append(np.asarray(found))
        return np.mean(losses), np.concatenate(outputs)


CASES = {
    "simple rnn": ((STEPS, 3), lambda: [L.SimpleRNN(4, stateful=True)]),
    "lstm": ((STEPS, 3), lambda: [L.LSTM(4, stateful=True)]),
    "gru": ((STEPS, 3), lambda: [L.GRU(4, stateful=True)]),
    "gru reset before, backwards": ((STEPS, 3), lambda: [
        L.GRU(4, stateful=True, reset_after=False, go_backwards=True)]),
    "lstms": ((STEPS, 3), lambda: [L.LSTM(4, stateful=True, return_sequences=True), L.Dense(3),
                                   L.LSTM(4, stateful=True)]),
    "masked lstm": ((STEPS, 3), lambda: [L.Masking(), L.LSTM(4, stateful=True)]),
    "masked gru, sequences": ((STEPS, 3), lambda: [
        L.Masking(), L.GRU(4, stateful=True, return_sequences=True), L.Flatten()]),
    "cell": ((STEPS, 3), lambda: [L.RNN(L.GRUCell(4), stateful=True)]),
    "cells": ((STEPS, 3), lambda: [L.RNN([L.LSTMCell(4), L.SimpleRNNCell(3)], stateful=True)]),
    "own cell": ((STEPS, 3), lambda: [L.RNN(Cell(4), stateful=True)]),
    "both ways": ((STEPS, 3), lambda: [L.Bidirectional(L.LSTM(3, stateful=True))]),
    "both ways, sequences": ((STEPS, 3), lambda: [
        L.Bidirectional(L.GRU(3, stateful=True, return_sequences=True), merge_mode="sum")]),
    "conv lstm1d": ((STEPS, 6, 2), lambda: [L.ConvLSTM1D(3, 3, stateful=True), L.Flatten()]),
    "conv lstm2d, channels first": ((3, 2, 5, 4), lambda: [
        L.ConvLSTM2D(2, 3, padding="same", stateful=True, data_format="channels_first"),
        L.Flatten()]),
    "conv lstm3d": ((2, 4, 4, 3, 2), lambda: [
        L.ConvLSTM3D(2, 2, stateful=True, return_sequences=True), L.Flatten()]),
}


# What a plain tanh hands on amplifies roundings. Against float64 dlc's and Keras's weights are both
# 7.8e-7 off after the 100 batches of "simple rnn", to different sides (Zen 5); of the others the
# weights are within 1e-6 and the states within 1e-5.
ROUNDED = {"simple rnn": (2e-6, 1e-4), "cells": (2e-6, 1e-4)}


def pair(make):
    """A model and its accelerated twin of the same weights."""
    keras.utils.set_random_seed(3)
    own, other = make(), make()
    for v, w in zip(own.weights, other.weights):
        v.assign(np.asarray(w))
    own.compile(O.SGD(0.1), "mse")
    return dlc.keras.accelerate(own), other


def distance(own, other):
    pairs = [(np.asarray(v), np.asarray(w)) for v, w in zip(own.weights, other.weights)]
    return max(np.abs(v - w).max() for v, w in pairs) / max(np.abs(w).max() for _, w in pairs)


def same_states(own, other, atol=1e-5):
    for v, w in zip(states_of(own), states_of(other), strict=True):
        np.testing.assert_allclose(np.asarray(v), np.asarray(w), atol=atol, rtol=1e-5)


def data(rng, shape, name, batches=20):
    x = rng.normal(size=(batches * BATCH, *shape)).astype(np.float32)
    if "masked" in name:
        x[rng.uniform(size=x.shape[:2]) < 0.4] = 0
        x[1::BATCH, 0] = 0  # a step that is masked before any other of its batch
    return x


@pytest.mark.parametrize("name", CASES)
def test_states_go_on_from_batch_to_batch(name, rng):
    shape, layers = CASES[name]
    own, other = pair(lambda: keras.Sequential([
        keras.Input(shape, batch_size=BATCH), *layers(), L.Dense(1)]))
    x = data(rng, shape, name)
    y = rng.normal(size=own.predict(x[:BATCH], verbose=0).shape[1:])
    y = rng.normal(size=(len(x), *y.shape)).astype(np.float32)
    own.reset_states()
    reference = Reference(other)
    found = own.fit(x, y, epochs=5, batch_size=BATCH, shuffle=False, verbose=0).history["loss"]
    want = [reference.run(x, y, True)[0] for _ in range(5)]
    np.testing.assert_allclose(found, want, rtol=1e-4)
    of_weights, of_states = ROUNDED.get(name, (1e-6, 1e-5))
    assert distance(own, other) <= of_weights
    same_states(own, other, of_states)
    # Each goes on where the one before ended.
    np.testing.assert_allclose(own.evaluate(x, y, batch_size=BATCH, verbose=0),
                               reference.run(x, y, False)[0], rtol=1e-4)
    same_states(own, other, of_states)
    for _ in range(2):
        np.testing.assert_allclose(own.predict(x, batch_size=BATCH, verbose=0),
                                   reference.run(x, y, False)[1], atol=of_states, rtol=1e-5)
    same_states(own, other, of_states)


def test_states_are_keras_variables_both_ways(rng):
    own, other = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.LSTM(4, stateful=True), L.Dense(1)]))
    x = data(rng, (STEPS, 3), "")[:BATCH]
    first = own.predict(x, verbose=0)
    np.testing.assert_allclose(first, other(x), atol=1e-5)
    second = own.predict(x, verbose=0)
    assert np.abs(first - second).max() > 1e-3
    own.layers[0].reset_state()
    np.testing.assert_allclose(own.predict(x, verbose=0), first, atol=1e-6)
    given = [rng.normal(size=(BATCH, 4)).astype(np.float32) for _ in range(2)]
    for model in (own, other):
        for v, w in zip(model.layers[0].states, given):
            v.assign(w)
    np.testing.assert_allclose(own.predict(x, verbose=0), other(x), atol=1e-5)
    same_states(own, other)
    own.reset_states()
    assert all(not np.asarray(s).any() for s in states_of(own))
    np.testing.assert_allclose(own.predict(x, verbose=0), first, atol=1e-6)
    # What steps change is there too, and a callback's reset counts.
    y = rng.normal(size=(BATCH, 1)).astype(np.float32)
    reference = Reference(other)
    for model in (own, other):
        for s in states_of(model):
            s.assign(np.zeros(s.shape))
    own.train_on_batch(x, y)
    reference.run(x, y, True)
    own.test_on_batch(x, y)
    reference.run(x, y, False)
    same_states(own, other)
    reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: own.reset_states())
    own.fit(x, y, epochs=3, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[reset])
    for _ in range(3):
        for s in states_of(other):
            s.assign(np.zeros(s.shape))
        reference.run(x, y, True)
    assert distance(own, other) <= 1e-6
    same_states(own, other)


def test_validation_goes_on_from_the_steps(rng):
    own, other = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.GRU(4, stateful=True), L.Dense(1)]))
    x, v = data(rng, (STEPS, 3), "", 5), data(rng, (STEPS, 3), "", 3)
    y, w = rng.normal(size=(len(x), 1)), rng.normal(size=(len(v), 1))
    reference = Reference(other)
    history = own.fit(x, y, epochs=3, batch_size=BATCH, shuffle=False, verbose=0,
                      validation_data=(v, w)).history
    for at in range(3):
        np.testing.assert_allclose(history["loss"][at], reference.run(x, y, True)[0], rtol=1e-4)
        np.testing.assert_allclose(history["val_loss"][at], reference.run(v, w, False)[0],
                                   rtol=1e-4)
    same_states(own, other)


def test_states_of_layers_that_stand_elsewhere(rng):
    """A layer that is called twice, one in a subclassed model, states that are given."""
    def shared():
        x = keras.Input((STEPS, 3), batch_size=BATCH)
        layer = L.SimpleRNN(3, stateful=True, return_sequences=True)
        return keras.Model(x, layer(layer(x)))

    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.rnn, self.head = L.GRU(3, stateful=True), L.Dense(2)

        def build(self, shape):
            self.rnn.build(shape)
            self.head.build((BATCH, 3))

        def call(self, x):
            return self.head(self.rnn(x))

    def subclassed():
        model = Net()
        model.build((BATCH, STEPS, 3))
        return model

    def given():
        x = keras.Input((STEPS, 3), batch_size=BATCH)
        h = L.Dense(4)(x[:, 0])
        return keras.Model(x, L.LSTM(4, stateful=True)(x, initial_state=[h, h * 0.5]))

    x = data(rng, (STEPS, 3), "")[:3 * BATCH]
    for make in (shared, subclassed, given):
        own, other = pair(make)
        want = np.concatenate([np.asarray(other(x[at:at + BATCH]))
                               for at in range(0, len(x), BATCH)])
        np.testing.assert_allclose(own.predict(x, batch_size=BATCH, verbose=0), want, atol=1e-5)
        same_states(own, other)


TORCH = """
import keras, numpy as np
x, y, *weights = np.load({path!r}).values()
model = keras.Sequential([keras.Input((5, 3), batch_size=4), keras.layers.LSTM(4, stateful=True),
                          keras.layers.Dense(1)])
model.set_weights(weights)
model.compile(keras.optimizers.SGD(0.1), "mse")
loss = model.evaluate(x, y, batch_size=4, verbose=0)
y = model.predict(x, batch_size=4, verbose=0)
h, c = [s.value.detach().numpy() for s in model.layers[0].states]
np.savez({path!r}, loss, y, h, c, *model.get_weights())
"""


def test_keras_loops_on_torch_give_the_same(rng, tmp_path):
    """evaluate and predict; fit of a stateful LSTM fails there in Keras itself."""
    pytest.importorskip("torch")
    own, _ = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.LSTM(4, stateful=True), L.Dense(1)]))
    x, y = data(rng, (STEPS, 3), "", 6), rng.normal(size=(6 * BATCH, 1)).astype(np.float32)
    path = str(tmp_path / "a.npz")
    np.savez(path, x, y, *own.get_weights())
    subprocess.run([sys.executable, "-c", TORCH.format(path=path)], check=True,
                   env={**os.environ, "KERAS_BACKEND": "torch"})
    found = [own.evaluate(x, y, batch_size=BATCH, verbose=0),
             own.predict(x, batch_size=BATCH, verbose=0), *states_of(own), *own.get_weights()]
    for got, want in zip(found, np.load(path).values(), strict=True):
        np.testing.assert_allclose(np.asarray(got), want, atol=1e-5, rtol=1e-5)


def test_exported_libraries_have_named_states(rng, tmp_path):
    _, model = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH),
        L.Bidirectional(L.GRU(4, stateful=True, return_sequences=True, name="gru"), name="both"),
        L.RNN(L.LSTMCell(2), stateful=True, name="last")], name="net"))
    library = dlc.load(dlc.keras.export(model, tmp_path / "net.so"))
    assert sorted(library.state) == [
        "net/both/backward_gru/rnn_state_0", "net/both/forward_gru/rnn_state_0",
        "net/last/rnn_state_0", "net/last/rnn_state_1"]
    assert "net_set(" in (tmp_path / "net.h").read_text()
    x = data(rng, (STEPS, 3), "")[:BATCH]
    first = library.predict(x)
    for want in (first, library.predict(x)):
        np.testing.assert_allclose(want, model(x), atol=1e-5)
    np.testing.assert_allclose(library.state["net/last/rnn_state_1"],
                               model.layers[1].states[1], atol=1e-5)
    # What Keras remembers at the export is what the library begins with.
    later = dlc.load(dlc.keras.export(model, tmp_path / "later.so"))
    np.testing.assert_allclose(later.predict(x), model(x), atol=1e-5)
    for name in library.state:
        library.state[name] = np.zeros_like(library.state[name])
    np.testing.assert_allclose(library.predict(x), first, atol=1e-6)


def test_libraries_that_learn_have_them_too(rng):
    """dlc.compile(model, train=...), the compiler's own steps."""
    _, model = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.LSTM(4, stateful=True, name="rnn"),
        L.Dense(1)], name="net"))
    library = dlc.compile(model, train={"loss": "mse", "optimizer": "sgd", "rate": 0.1})
    reference = Reference(model)
    x, y = data(rng, (STEPS, 3), "", 5), rng.normal(size=(5 * BATCH, 1)).astype(np.float32)
    losses = [library.step(x[at:at + BATCH], y[at:at + BATCH]) for at in range(0, len(x), BATCH)]
    np.testing.assert_allclose(np.mean(losses), reference.run(x, y, True)[0], rtol=1e-5)
    for k, state in enumerate(states_of(model)):
        np.testing.assert_allclose(library.state[f"net/rnn/rnn_state_{k}"], state, atol=1e-5)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_saved_models_begin_with_zeros(suffix, rng, tmp_path):
    _, model = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.LSTM(4, stateful=True), L.Dense(1)]))
    x = data(rng, (STEPS, 3), "")[:BATCH]
    model.save(tmp_path / f"a{suffix}")
    loaded = dlc.keras.load(tmp_path / f"a{suffix}")
    want = [np.asarray(model(x)) for _ in range(2)]
    for y in want:
        np.testing.assert_allclose(loaded.predict(x), y, atol=1e-5)
    loaded.reset_states()
    np.testing.assert_allclose(loaded.predict(x), want[0], atol=1e-5)


def test_stateful_models_without_keras(rng, tmp_path):
    own_layers.set_random_seed(1)
    model = own_layers.Sequential([
        own_layers.LSTM(4, stateful=True, batch_input_shape=(BATCH, STEPS, 3)),
        own_layers.Dense(1)])
    other = keras.Sequential([keras.Input((STEPS, 3), batch_size=BATCH),
                              L.LSTM(4, stateful=True), L.Dense(1)])
    model.build()
    assert len(model.get_weights()) == 5 and len(model.layers[1].get_weights()) == 3
    other.set_weights(model.get_weights())
    x, y = data(rng, (STEPS, 3), "", 6), rng.normal(size=(6 * BATCH, 1)).astype(np.float32)
    reference = Reference(other)
    np.testing.assert_allclose(model.predict(x, batch_size=BATCH),
                               reference.run(x, y, False)[1], atol=1e-5)
    model.compile(dlc.optimizers.SGD(0.1), "mse")

    class Reset:
        """Each epoch begins with zeros."""
        def on_epoch_begin(self, epoch, logs):
            model.reset_states()

    model.fit(x, y, epochs=3, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[Reset()])
    for _ in range(3):
        for s in states_of(other):
            s.assign(np.zeros(s.shape))
        reference.run(x, y, True)
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=BATCH),
                               reference.run(x, y, False)[0], rtol=1e-5)
    layer = model.layers[1]
    for got, want in zip(layer.states, states_of(other), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)
    for got, want in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)
    library = dlc.load(model.export(tmp_path / "a.so"))
    np.testing.assert_allclose(library.predict(x[:BATCH]), other(x[:BATCH]), atol=1e-5)
    given = [rng.normal(size=(BATCH, 4)) for _ in range(2)]
    layer.states = given
    for v, w in zip(states_of(other), given):
        v.assign(w)
    np.testing.assert_allclose(model.predict(x[:BATCH]), other(x[:BATCH]), atol=1e-5)
    layer.reset_states()
    assert all(not s.any() for s in layer.states)
    with pytest.raises(ValueError, match="has 2 states, 1 arrays are given"):
        layer.states = given[:1]


def test_what_stateful_layers_need_is_told(rng):
    model = own_layers.Sequential([own_layers.LSTM(4, stateful=True, name="first",
                                                   input_shape=(STEPS, 3))])
    with pytest.raises(ir.IRError, match=r"/first: LSTM with stateful=True .* \[None, 5, 3\].*"
                                         r"expected an Input with batch_size"):
        model.build()
    own, _ = pair(lambda: keras.Sequential([
        keras.Input((STEPS, 3), batch_size=BATCH), L.LSTM(4, stateful=True)]))
    x = data(rng, (STEPS, 3), "")
    own.predict(x[:BATCH], verbose=0)
    kept = [np.asarray(s) for s in states_of(own)]
    with pytest.raises(dlc.LibraryError, match="extent 3 in dimension 0, expected 4"):
        own.predict(x[:BATCH - 1], verbose=0)
    for s, k in zip(states_of(own), kept):
        np.testing.assert_array_equal(np.asarray(s), k)
