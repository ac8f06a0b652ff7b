# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The loop around compiled steps beside Keras's own: orders, callbacks, what breaks off."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from keras_twins import distance, twins

pytestmark = pytest.mark.skipif(keras.backend.backend() != "jax",
                                reason="other backends draw their orders elsewhere")


def network():
    return keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh"), L.Dense(2)])


class Rates(keras.callbacks.Callback):
    """Another rate after each batch."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.1 / (batch + 2)


class Losses(keras.callbacks.Callback):
    """By the older name of the hook."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"])


class Ends(keras.callbacks.Callback):
    """Ends the training, or fails, after the third batch."""

    def __init__(self, fails):
        super().__init__()
        self.fails = fails

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2 and self.fails:
            raise RuntimeError("enough")
        self.model.stop_training = batch == 2


FITS = {
    "shuffled": lambda rng: {}, "shuffled in batches": lambda rng: {"shuffle": "batch"},
    "more than there is": lambda rng: {"batch_size": 500},
    "weights of samples": lambda rng: {"sample_weight": rng.uniform(0.5, 2, 70)},
    "some steps": lambda rng: {"steps_per_epoch": 2},
    "held back": lambda rng: {"validation_split": 0.2},
    "rates": lambda rng: {"callbacks": [Rates()]},
    "ended": lambda rng: {"callbacks": [Ends(False)]}}


@pytest.mark.parametrize("name", FITS)
def test_epochs_have_keras_orders(name, rng):
    """The same seed gives the same batches, in the second call of fit as well."""
    x, y = rng.normal(size=(70, 6)), rng.normal(size=(70, 2))
    models = twins(network, loss="mse", optimizer=lambda: O.SGD(0.1))
    state = rng.bit_generator.state
    for model in models:
        rng.bit_generator.state = state
        keras.utils.set_random_seed(7)
        for _ in range(2):
            model.fit(x, y, **{"epochs": 3, "batch_size": 16, "verbose": 0, **FITS[name](rng)})
    assert distance(*models) <= 1e-6


@pytest.mark.parametrize("first", ["evaluate", "train_on_batch"])
def test_orders_behind_another_call(first, rng):
    x, y = rng.normal(size=(70, 6)), rng.normal(size=(70, 2))
    models = twins(network, loss="mse", optimizer=lambda: O.SGD(0.1))
    for model in models:
        keras.utils.set_random_seed(7)
        getattr(model, first)(x, y)
        model.fit(x, y, epochs=2, batch_size=16, verbose=0)
    assert distance(*models) <= 1e-6


def test_logs_of_batches(rng):
    x, y = rng.normal(size=(70, 6)), rng.normal(size=(70, 2))
    seen = []
    for model in twins(network, loss="mse", optimizer=lambda: O.SGD(0.1)):
        keras.utils.set_random_seed(7)
        callback = Losses()
        model.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=[callback])
        seen.append(callback.seen)
    assert len(seen[0]) == 10
    np.testing.assert_allclose(*seen, rtol=1e-5)


def test_training_goes_on_behind_a_failure(rng):
    x, y = rng.normal(size=(70, 6)), rng.normal(size=(70, 2))
    models = twins(network, loss="mse", optimizer=lambda: O.Adam(0.01))
    for model in models:
        with pytest.raises(RuntimeError, match="enough"):
            model.fit(x, y, batch_size=16, shuffle=False, verbose=0, callbacks=[Ends(True)])
        model.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0)
    assert distance(*models) <= 1e-5
