# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimisers, their options and what they remember: beside Keras on JAX, whose weights they are
to give, to 1e-5 of the largest."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from keras_twins import distance, fitted, perceptron, same_logs, twins, without_keras

import dlc.keras
from dlc import optimizers


def same_memory(own, other):
    got, want = (list(m.optimizer.variables) for m in (own, other))
    assert len(got) == len(want)
    for v, w in zip(got, want):
        a, b = np.asarray(v, np.float64), np.asarray(w, np.float64)
        assert np.abs(a - b).max(initial=0) <= 1e-5 * max(np.abs(b).max(initial=0), 1.0), w.path


def apart(model):
    """Weights of their own: what use_ema ends with in Keras is one array for a weight and its
    average, which Keras on JAX does not take in its next fit."""
    for variable in model.trainable_variables:
        variable.assign(np.array(variable))


def excluding(optimizer, **what):
    optimizer.exclude_from_weight_decay(**what)
    return optimizer


OPTIONS = {
    "ema": lambda: O.SGD(0.1, use_ema=True, ema_momentum=0.9),
    "ema overwrites": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.8,
                                     ema_overwrite_frequency=3),
    "accumulation": lambda: O.Adam(0.01, gradient_accumulation_steps=3),
    "accumulation, clipped": lambda: O.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2,
                                           global_clipnorm=0.1, weight_decay=0.01),
    "accumulation of nadam": lambda: O.Nadam(0.01, gradient_accumulation_steps=3),
    "accumulation, ema": lambda: O.AdamW(0.01, gradient_accumulation_steps=2, use_ema=True,
                                         ema_momentum=0.7, ema_overwrite_frequency=2),
    "accumulation, schedule": lambda: O.Adam(O.schedules.ExponentialDecay(0.02, 3, 0.7),
                                             gradient_accumulation_steps=2),
    "loss scale": lambda: O.SGD(0.1, loss_scale_factor=300.0, clipnorm=0.2),
    "no decay of biases": lambda: excluding(O.AdamW(0.01, weight_decay=0.5), var_names=["bias"]),
    "decay": lambda: O.RMSprop(0.01, weight_decay=0.5),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_option(name, rng):
    models = twins(lambda: perceptron(2), loss="mse", optimizer=OPTIONS[name])
    x, y = rng.normal(size=(80, 6)), rng.normal(size=(80, 2))
    same_logs(*fitted(models, x, y))
    assert distance(*models) <= 1e-5
    same_memory(*models)


def test_constraint_of_moving_averages(rng):
    """A constraint that is not idempotent, after the averages."""
    limit = keras.constraints.MinMaxNorm(0.3, 0.6, 0.5)
    models = twins(lambda: perceptron(2, kernel_constraint=limit), loss="mse", optimizer=lambda:
                   O.SGD(0.1, use_ema=True, ema_overwrite_frequency=2,
                         gradient_accumulation_steps=2))
    fitted(models, rng.normal(size=(80, 6)), rng.normal(size=(80, 2)))
    assert distance(*models) <= 1e-5


def test_decay_leaves_out_variables(rng):
    """Those that are named as objects; and what is left out is not decayed at all."""
    own, other = (perceptron(2) for _ in range(2))
    for v, w in zip(own.weights, other.weights):
        v.assign(np.asarray(w))
    for model in (own, other):
        model.compile(excluding(O.SGD(1e-7, weight_decay=1e5), var_list=[model.layers[0].kernel]),
                      "mse")
    first, second = (np.array(layer.kernel) for layer in own.layers)
    dlc.keras.accelerate(own)
    fitted((own, other), rng.normal(size=(48, 6)), rng.normal(size=(48, 2)))
    assert distance(own, other) <= 1e-5
    assert np.abs(np.asarray(own.layers[0].kernel) - first).max() < 1e-3
    assert np.abs(np.asarray(own.layers[1].kernel) / second).max() < 0.95


ALL = {
    "sgd": lambda: O.SGD(0.1), "momentum": lambda: O.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: O.Adam(0.01, amsgrad=True), "adamw": lambda: O.AdamW(0.01),
    "rmsprop": lambda: O.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: O.Adagrad(0.1), "adadelta": lambda: O.Adadelta(1.0),
    "adamax": lambda: O.Adamax(0.01), "nadam": lambda: O.Nadam(0.01), "lion": lambda: O.Lion(0.001),
    "ftrl": lambda: O.Ftrl(0.1), "lamb": lambda: O.Lamb(0.01, weight_decay=0.01),
    "adafactor": lambda: O.Adafactor(0.05), "muon": lambda: O.Muon(0.01),
    "schedule-free": lambda: O.ScheduleFreeAdamW(0.01, warmup_steps=4, weight_decay=0.01),
    "averages": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.9,
                               gradient_accumulation_steps=3),
}
MORE = {
    "ftrl with all": lambda: O.Ftrl(
        0.1, learning_rate_power=-0.7, initial_accumulator_value=0.2,
        l1_regularization_strength=0.002, l2_regularization_strength=0.01,
        l2_shrinkage_regularization_strength=0.02, beta=0.3),
    "adafactor of a schedule": lambda: O.Adafactor(O.schedules.ExponentialDecay(0.5, 3, 0.7)),
    "adafactor, absolute": lambda: O.Adafactor(0.05, relative_step=False, clip_threshold=0.5),
    "muon, as published": lambda: O.Muon(0.02, rms_rate=None, nesterov=False, adam_lr_ratio=0.3,
                                         exclude_layers=["first"], weight_decay=0.1,
                                         adam_weight_decay=0.2),
}


def digits(units=2):
    return keras.Sequential([keras.Input((5, 5, 1)), L.Conv2D(3, 3, activation="tanh"),
                             L.Flatten(), L.Dense(6, activation="tanh", name="first"),
                             L.Dense(4, activation="tanh"), L.Dense(units)])


@pytest.mark.parametrize("name", {**ALL, **MORE})
def test_optimizer_and_its_memory(name, rng):
    """Kernels of four, two and one dimensions; the library's and Keras's steps in turns."""
    models = twins(digits, loss="mse", optimizer={**ALL, **MORE}[name])
    x, y = rng.normal(size=(80, 5, 5, 1)), rng.normal(size=(80, 2))
    same_logs(*fitted(models, x, y, epochs=3))
    assert distance(*models) <= 1e-5
    same_memory(*models)
    own, other = models
    apart(other)
    keras.Model.fit(own, x, y, epochs=2, batch_size=16, shuffle=False, verbose=0)
    fitted([other], x, y, epochs=2)
    apart(other)
    fitted(models, x, y, epochs=2)
    assert distance(own, other) <= 1e-5
    same_memory(own, other)


@pytest.mark.parametrize("name", ALL)
def test_saved_model_goes_on(name, rng, tmp_path):
    keras.utils.set_random_seed(5)
    first = digits()
    first.compile(ALL[name](), "mse")
    x, y = rng.normal(size=(80, 5, 5, 1)), rng.normal(size=(80, 2))
    fitted([first], x, y, epochs=2)
    first.save(tmp_path / "first.keras")
    own, other = (keras.models.load_model(tmp_path / "first.keras") for _ in range(2))
    dlc.keras.accelerate(own)
    same_logs(*fitted((own, other), x, y, epochs=3))
    assert distance(own, other) <= 1e-5
    own.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    apart(other)
    fitted((again, other), x, y, epochs=2)
    assert distance(again, other) <= 1e-5
    same_memory(again, other)


def test_single_batches_remember(rng):
    own, other = twins(lambda: perceptron(2), loss="mse", optimizer=lambda: O.Adam(0.01))
    x, y = rng.normal(size=(60, 16, 6)), rng.normal(size=(60, 16, 2))
    for a, b in zip(x, y):
        own.train_on_batch(a, b)
        other.train_on_batch(a, b)
    assert distance(own, other) <= 1e-5
    same_memory(own, other)


def test_own_optimizers_are_refused(rng):
    class Adam(O.Adam):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, gradient)

    model = dlc.keras.accelerate(perceptron(2))
    model.compile(Adam(), "mse")
    with pytest.raises(dlc.keras.UnknownLayers, match="Adam is not one of Keras's"):
        model.fit(rng.normal(size=(8, 6)), rng.normal(size=(8, 2)), verbose=0)


def test_weights_that_learn_since_are_refused(rng):
    model = perceptron(2)
    model.layers[0].trainable = False
    dlc.keras.accelerate(model)
    model.compile("adam", "mse")
    data = rng.normal(size=(8, 6)), rng.normal(size=(8, 2))
    model.fit(*data, verbose=0)
    model.layers[0].trainable = True
    with pytest.raises(ValueError, match="call model.compile again"):
        model.fit(*data, verbose=0)


OWN = {  # the same by dlc.optimizers
    "ftrl": (MORE["ftrl with all"], lambda: optimizers.Ftrl(
        0.1, learning_rate_power=-0.7, initial_accumulator_value=0.2,
        l1_regularization_strength=0.002, l2_regularization_strength=0.01,
        l2_shrinkage_regularization_strength=0.02, beta=0.3)),
    "lamb": (ALL["lamb"], lambda: optimizers.Lamb(0.01, weight_decay=0.01)),
    "adafactor": (ALL["adafactor"], lambda: optimizers.Adafactor(0.05)),
    "muon": (MORE["muon, as published"], lambda: optimizers.Muon(
        0.02, rms_rate=None, nesterov=False, adam_lr_ratio=0.3, exclude_layers=["first"],
        weight_decay=0.1, adam_weight_decay=0.2)),
    "schedule-free": (ALL["schedule-free"], lambda: optimizers.ScheduleFreeAdamW(
        0.01, warmup_steps=4, weight_decay=0.01)),
    "adafactor of a schedule": (
        lambda: O.Adafactor(O.schedules.ExponentialDecay(0.5, 3, 0.7)),
        lambda: optimizers.Adafactor(lambda step: 0.5 * 0.7 ** (step / 3))),
    "accumulation, ema": (OPTIONS["accumulation, ema"], lambda: optimizers.AdamW(
        0.01, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.7,
        ema_overwrite_frequency=2)),
    "ema": (OPTIONS["ema"], lambda: optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)),
    "loss scale": (OPTIONS["loss scale"], lambda: optimizers.SGD(
        0.1, loss_scale_factor=300.0, clipnorm=0.2)),
    "no decay of biases": (OPTIONS["no decay of biases"], lambda: excluding(
        optimizers.AdamW(0.01, weight_decay=0.5), var_names=["bias"])),
    "no decay of a weight": (OPTIONS["no decay of biases"], lambda: excluding(
        optimizers.AdamW(0.01, weight_decay=0.5),
        var_list=["m/first/bias", "m/second/bias"]))}


@pytest.mark.parametrize("name", OWN)
def test_option_without_keras(name, rng):
    theirs, ours = OWN[name]
    x, y = rng.normal(size=(80, 6)), rng.normal(size=(80, 2))
    own, other = without_keras(2, None, {"loss": "mse", "optimizer": ours()},
                               {"loss": "mse", "optimizer": theirs()})
    fitted((own, other), x, y, epochs=4)
    apart(other)
    fitted((own, other), x, y, epochs=1)  # both go on
    for v, w in zip(own.get_weights(), other.get_weights()):
        assert np.abs(v - w).max() <= 1e-5 * max(np.abs(u).max() for u in other.get_weights())


def test_optimizer_goes_on_where_layers_are_frozen(rng):
    """Momenta stay, though the steps are made anew; Keras is given them by hand."""
    x, y = rng.normal(size=(32, 6)), rng.normal(size=(32, 2))
    own, other = without_keras(2, None, {
        "loss": "mse", "optimizer": optimizers.SGD(0.1, momentum=0.9)}, {
        "loss": "mse", "optimizer": O.SGD(0.1, momentum=0.9)})
    fitted((own, other), x, y, epochs=2)
    kept = [np.array(v) for v in other.optimizer.momentums[2:]]
    for model in (own, other):
        model.get_layer("first").trainable = False
    other.compile(O.SGD(0.1, momentum=0.9), "mse")
    other.optimizer.build(other.trainable_variables)
    for v, value in zip(other.optimizer.momentums, kept, strict=True):
        v.assign(value)
    fitted((own, other), x, y, epochs=1)
    for v, w in zip(own.get_weights(), other.get_weights()):
        assert np.abs(v - w).max() <= 1e-5 * max(np.abs(u).max() for u in other.get_weights())
