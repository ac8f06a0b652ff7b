# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What cells and recurrent layers drop while they learn: the share, the scale, the same in all
steps; and with the same choices Keras's cells give the same."""

import keras
import numpy as np
import pytest
from keras import layers as L

from dlc import ir
from dlc._emit import Emitter, cells, conv_lstm, emit_model
from dlc._keras_graph import Described
from dlc._keras_weights import Variables


def learning(model, compiled, monkeypatch):
    """A function (x, random) -> the model's outputs while it learns, then the choices that its
    cells made, [(layer or cell, [of the input], [of the state])]."""
    described, module, made = Described(model), ir.Module(), []
    variables, weights = Variables(described), {}
    choose = cells.choose

    def noted(e, item, *args, **more):
        choose(e, item, *args, **more)
        made.append((item.path, list(item.choices.inputs), list(item.choices.states)))

    monkeypatch.setattr(cells, "choose", noted)
    monkeypatch.setattr("dlc._emit.recurrent.choose", noted)
    monkeypatch.setattr(conv_lstm, "choose", noted)

    def load(weight):
        if weight.value is None:
            weight.value = np.asarray(variables[weight.name])
            module.add_global(weight.name, weight.value)
        return module.load(weight.name)

    x = described.inputs[0]
    with module.function("f", x=ir.type_of(x.shape, "f32"), random="tensor<2xi64>") as f:
        e = Emitter(module, weights, load, training=True, random=f.random)
        y = emit_model(e, described.item, f.x)
        f.returns(y=y, **{f"c{k}": v for k, v in enumerate(
            v for _, *both in made for part in both for v in part)})
    function = compiled(module).f

    def run(x, seed):
        y, *choices = results if isinstance(
            results := function(x, np.array([seed, 0])), tuple) else (results,)
        found = []
        for path, inputs, states in made:
            found.append((path, choices[:len(inputs)],
                          choices[len(inputs):len(inputs) + len(states)]))
            choices = choices[len(inputs) + len(states):]
        return y, found
    return run


def inner_cells(cell):
    return [c for one in cell.cells for c in inner_cells(one)] if hasattr(cell, "cells") else [cell]


SEQUENCE, IMAGE = (6, 5), (3, 6, 5, 2)
BOTH = {"dropout": 0.3, "recurrent_dropout": 0.4}
CASES = {
    "simple rnn": (SEQUENCE, lambda: L.SimpleRNN(4, **BOTH), 1, 1),
    "lstm": (SEQUENCE, lambda: L.LSTM(4, **BOTH), 4, 4),
    "gru": (SEQUENCE, lambda: L.GRU(4, **BOTH, reset_after=False), 3, 3),
    "lstm, masks of inputs alone": (SEQUENCE, lambda: L.LSTM(4, dropout=0.3), 1, 0),
    "gru, masks of states alone": (SEQUENCE, lambda: L.GRU(4, recurrent_dropout=0.4), 0, 3),
    "simple cell": (SEQUENCE, lambda: L.RNN(L.SimpleRNNCell(4, **BOTH)), 1, 1),
    "lstm cell": (SEQUENCE, lambda: L.RNN(L.LSTMCell(4, **BOTH), return_sequences=True), 4, 4),
    "lstm cell, masks of inputs alone": (SEQUENCE, lambda: L.RNN(L.LSTMCell(4, dropout=0.3)), 1, 0),
    "gru cell": (SEQUENCE, lambda: L.RNN(L.GRUCell(4, **BOTH)), 3, 3),
    "gru cell, reset before, backwards": (SEQUENCE, lambda: L.RNN(
        L.GRUCell(4, **BOTH, reset_after=False), go_backwards=True), 3, 3),
    "cells": (SEQUENCE, lambda: L.RNN([L.LSTMCell(4, **BOTH), L.GRUCell(3, recurrent_dropout=0.5)],
                                      return_sequences=True), 4, 4),
    "conv lstm1d": (IMAGE[:1] + IMAGE[2:], lambda: L.ConvLSTM1D(3, 3, **BOTH), 4, 4),
    "conv lstm2d": (IMAGE, lambda: L.ConvLSTM2D(3, 3, padding="same", **BOTH,
                                                return_sequences=True), 4, 4),
    "conv lstm2d, inputs alone": (IMAGE, lambda: L.ConvLSTM2D(3, 3, strides=2, dropout=0.3), 4, 0),
    "conv lstm3d": ((2, 4, 4, 3, 2), lambda: L.ConvLSTM3D(2, 2, recurrent_dropout=0.4), 0, 4),
}


@pytest.mark.parametrize("name", CASES)
def test_with_the_same_choices_keras_gives_the_same(name, rng, compiled, monkeypatch):
    shape, make, inputs, states = CASES[name]
    model = keras.Sequential([keras.Input(shape, batch_size=8), make()])
    run = learning(model, compiled, monkeypatch)
    x = rng.normal(size=(8, *shape)).astype(np.float32)
    y, made = run(x, 3)
    layer = model.layers[0]
    assert (len(made[0][1]), len(made[0][2])) == (inputs, states)

    def held(choices):
        choices = [keras.ops.convert_to_tensor(c) for c in choices]
        return choices[0] if len(choices) == 1 else choices

    def given(cell, *_):
        """In place of a draw: what dlc drew."""
        for one, (_, of_input, of_state) in zip(inner_cells(cell), made, strict=True):
            one._dropout_mask = held(of_input) if of_input else None
            one._recurrent_dropout_mask = held(of_state) if of_state else None

    monkeypatch.setattr(layer, "_maybe_config_dropout_masks", given)
    if hasattr(layer, "use_cudnn"):
        layer.use_cudnn = False  # Keras's fused loops draw for themselves
    np.testing.assert_allclose(y, np.asarray(layer(x, training=True)), atol=1e-5, rtol=1e-5)
    # Another seed chooses otherwise, the same seed the same; at inference nothing is dropped.
    assert np.abs(run(x, 4)[0] - y).max() > 1e-3
    np.testing.assert_array_equal(run(x, 3)[0], y)


def test_shares_and_scales(rng, compiled, monkeypatch):
    model = keras.Sequential([keras.Input((2, 200), batch_size=100), L.RNN(
        [L.LSTMCell(150, dropout=0.2, recurrent_dropout=0.3), L.SimpleRNNCell(9, dropout=0.6)])])
    run = learning(model, compiled, monkeypatch)
    _, ((_, inputs, states), (_, second, none)) = run(np.ones((100, 2, 200), np.float32), 7)
    assert not none
    for rate, factors, units in ((0.2, inputs, 200), (0.3, states, 150), (0.6, second, 150)):
        for k, factor in enumerate(factors):
            assert factor.shape == (100, units)
            np.testing.assert_allclose(np.unique(factor), [0, 1 / (1 - rate)], rtol=1e-6)
            # Of n choices the share is within 5 deviations, sqrt(rate (1 - rate) / n).
            assert abs((factor == 0).mean() - rate) < 5 * (rate * (1 - rate) / factor.size) ** 0.5
            assert all((factor != other).any() for other in factors[:k])


def test_choices_are_the_same_in_all_steps_and_inference_drops_nothing(rng, compiled, monkeypatch):
    cell = L.SimpleRNNCell(50, dropout=0.5, activation="linear", kernel_initializer="identity",
                           recurrent_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((5, 50), batch_size=3),
                              L.RNN(cell, return_sequences=True)])
    y, _ = learning(model, compiled, monkeypatch)(np.ones((3, 5, 50), np.float32), 1)
    assert set(np.unique(y)) == {0.0, 2.0} and (y == y[:, :1]).all()
    import dlc.keras
    dlc.keras.accelerate(model)
    assert (model.predict(np.ones((3, 5, 50)), verbose=0) == 1).all()


def test_models_that_drop_learn(rng):
    """On average as Keras: the loss after some epochs."""
    import dlc.keras
    x = rng.normal(size=(256, 6, 3)).astype(np.float32)
    y = x.sum(axis=(1, 2))[:, None] / 3
    losses = []
    for is_own in (True, False):
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((6, 3)), L.RNN(
            [L.GRUCell(16, dropout=0.1, recurrent_dropout=0.1), L.LSTMCell(8, dropout=0.1)]),
            L.Dense(1)])
        if is_own:
            dlc.keras.accelerate(model)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(x, y, epochs=15, verbose=0)
        losses.append(model.evaluate(x, y, verbose=0))
    assert losses[0] < 0.5 * np.var(y) and abs(losses[0] - losses[1]) < 0.2 * np.var(y)
