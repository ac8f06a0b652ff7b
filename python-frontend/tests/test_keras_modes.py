# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of one's own that ask whether they train: two forms, each beside Keras's."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from test_keras_training import distance, same_logs, twins

import dlc
import dlc.keras

ops = keras.ops


class Two(L.Layer):
    """Another weight in each mode, and one in both."""

    def __init__(self, **more):
        super().__init__(**more)
        self.both, self.own, self.other = L.Dense(4), L.Dense(4), L.Dense(4)

    def build(self, shape):
        for layer in (self.both, self.own, self.other):
            layer.build(shape)

    def call(self, x, training=None):
        y = self.both(x)
        if training:
            return ops.tanh(y + self.own(x)) * 1.5
        return y - self.other(x)


class Passed(L.Layer):
    """The mode by hand, under another name, and against the mode."""

    def __init__(self, **more):
        super().__init__(**more)
        self.first, self.second, self.third = (L.BatchNormalization(momentum=0.8)
                                               for _ in range(3))

    def build(self, shape):
        for layer in (self.first, self.second, self.third):
            layer.build(shape)

    def call(self, x, training=False):
        learns = bool(training)
        x = self.first(x, training=learns)
        x = self.second(x, training=False)
        return self.third(x, training=not learns) * (2.0 if learns else 1.0)


class Nested(L.Layer):
    """One of one's own in another, which does not say what mode it is in."""

    def __init__(self, **more):
        super().__init__(**more)
        self.two, self.drop = Two(), L.Dropout(0.0)

    def build(self, shape):
        self.two.build(shape)

    def call(self, x):
        return self.drop(self.two(x)) + x


class Held(L.Layer):
    """A functional model in a call: it gives its own mode to all its layers."""

    def __init__(self, **more):
        super().__init__(**more)
        x = keras.Input((4,))
        self.net = keras.Model(x, Two()(L.BatchNormalization()(x, training=False)))

    def call(self, x, training=None):
        return self.net(x, training=training) + self.net(x)


class Cell(L.Layer):
    """A cell that asks."""

    def __init__(self, **more):
        super().__init__(**more)
        self.state_size = self.output_size = 3

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3), name="w")
        self.u = self.add_weight(shape=(3, 3), name="u")

    def call(self, x, states, training=False):
        h = ops.matmul(x, self.w) + ops.matmul(states[0], self.u)
        h = ops.tanh(h) if training else ops.sigmoid(h)
        return h, [h]


class Net(keras.Model):
    """A subclassed model that asks. It hands the mode on by hand: where it does not, Keras's own
    fit on JAX has layers behave as at inference, against what it documents and its other backends
    do."""

    def __init__(self):
        super().__init__(name="net")
        self.a, self.two, self.b = L.Dense(4), Two(), L.Dense(1)

    def call(self, x, training=None):
        x = self.two(self.a(x), training=training)
        return self.b(ops.relu(x) if training else ops.silu(x))


def built():
    model = Net()
    model(np.zeros((2, 4), np.float32))
    return model


def functional(*make):
    return lambda: keras.Sequential([keras.Input((4,)), *[m() for m in make], L.Dense(1)])


CASES = {
    "two": functional(Two), "twice": functional(Two, Two), "nested": functional(Nested),
    "passed by hand": functional(Passed), "a model that is held": functional(Held),
    "lambda": functional(lambda: L.Lambda(
        lambda x, training=None: x * 2.0 if training else x - 1.0)),
    "cell": lambda: keras.Sequential([keras.Input((5, 4)), L.RNN(Cell()), L.Dense(1)]),
    "subclassed": built,
    # Keras's functional models overrule what their layers were called with.
    "told in a functional model": lambda: _told(),
}


def _told():
    x = keras.Input((4,))
    y = Two()(L.BatchNormalization(momentum=0.8)(x, training=False), training=False)
    return keras.Model(x, L.Dense(1)(L.Dropout(0.0)(y, training=True)))


@pytest.mark.parametrize("name", CASES)
def test_both_modes_are_keras(name, rng):
    own, other = twins(CASES[name], loss="mse", optimizer=lambda: O.SGD(0.01), metrics=["mae"])
    shape = (64, 5, 4) if name == "cell" else (64, 4)
    x, y = rng.normal(size=shape), rng.normal(size=(64, 1))
    np.testing.assert_allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)
    logs = [m.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0,
                  validation_data=(x[:32], y[:32])).history for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-6
    np.testing.assert_allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)
    same_logs(*[m.evaluate(x, y, verbose=0, return_dict=True) for m in (own, other)])


class Shared(L.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w")

    def call(self, x, training=None):
        return x * self.w if training else x * self.w * 0.5


def test_a_layer_that_asks_may_stand_twice(rng):
    def make():
        x, layer = keras.Input((4,)), Shared()
        return keras.Model(x, L.Dense(1)(layer(L.Dense(4)(layer(x)))))

    own, other = twins(make, loss="mse", optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 1))
    for model in (own, other):
        model.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6


class Penalty(L.Layer):
    """Adds to the loss: another term while it learns, a tensor that is summed."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")

    def call(self, x, training=None):
        self.add_loss(0.1 * ops.mean(ops.square(x * self.w)))
        if training:
            self.add_loss(0.05 * ops.square(self.w))
        return x * self.w


class Penalized(keras.Model):
    def __init__(self):
        super().__init__(name="penalized")
        self.inner, self.head = Penalty(), L.Dense(1)

    def call(self, x, training=None):
        y = self.head(self.inner(x, training=training))
        self.add_loss(0.2 * ops.mean(ops.abs(y)))
        return y


def penalized():
    model = Penalized()
    model(np.zeros((2, 4), np.float32))
    return model


@pytest.mark.parametrize("make", [functional(Penalty, lambda: L.Dense(3), Penalty), penalized],
                         ids=["layers", "model"])
def test_terms_that_calls_add_to_the_loss(make, rng, tmp_path):
    own, other = twins(make, loss="mse", optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 1))
    logs = [m.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0,
                  validation_data=(x, y)).history for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-6
    library = dlc.load(dlc.keras.export(own, tmp_path / "a.so"))
    np.testing.assert_allclose(library.predict(x.astype(np.float32)),
                               other.predict(x, verbose=0), atol=1e-5)


class Regular(L.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")

    def call(self, x):
        return x * self.w


def test_regularisers_of_what_own_layers_give(rng):
    own, other = twins(functional(lambda: Regular(activity_regularizer="l2")), loss="mse",
                       optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 1))
    for model in (own, other):
        model.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6


class Forced(L.Layer):
    """Random at inference too."""

    def __init__(self, **more):
        super().__init__(**more)
        self.drop = L.Dropout(0.5)

    def call(self, x):
        return self.drop(x, training=True)


class Confused(L.Layer):
    def __init__(self, **more):
        super().__init__(**more)
        self.drop = Two()

    def build(self, shape):
        self.drop.build(shape)

    def call(self, x):
        return self.drop(x, training=True) + self.drop(x, training=False)


class Numbers(L.Layer):
    """Takes the number of a weight, but while it learns alone."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")

    def call(self, x, training=None):
        return x * float(np.asarray(self.w).mean()) if training else x * self.w


def test_what_modes_cannot_be_is_told(rng, tmp_path):
    x = rng.normal(size=(8, 4)).astype(np.float32)
    own = dlc.keras.accelerate(functional(lambda: Forced(name="forced"))())
    with pytest.raises(dlc.keras.UnknownLayers, match="forced/dropout.* with training=True, which "
                                                      "is random at inference"):
        own.predict(x, verbose=0)
    with pytest.raises(dlc.keras.UnknownLayers, match="called with training=True and"):
        dlc.keras.accelerate(functional(Confused)())
    model = functional(lambda: Numbers(name="numbers"))()
    with pytest.raises(dlc.keras.UnknownLayers, match="/numbers .Numbers., and its call cannot "
                                                      "be traced"):
        dlc.keras.accelerate(model)
    library = dlc.load(dlc.keras.export(model, tmp_path / "a.so"))  # inference does not
    np.testing.assert_allclose(library.predict(x), model(x), atol=1e-5)


@pytest.mark.parametrize("name", [n for n in CASES if n != "told in a functional model"])
def test_steps_of_the_compiler_know_one_mode(name):
    model = CASES[name]()
    with pytest.raises(dlc.keras.UnknownLayers, match="does something else while it learns"):
        dlc.compile(model, train={"loss": "mse"})


def test_calls_that_do_the_same_in_both_modes_are_the_compilers_too(rng):
    model = functional(lambda: Shared(), lambda: Regular())()
    with pytest.raises(dlc.keras.UnknownLayers, match="/shared"):
        dlc.compile(model, train={"loss": "mse"})
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.normal(size=(8, 1)).astype(np.float32)
    model = functional(lambda: Regular(), lambda: L.Lambda(lambda x: x * 2.0 + np.ones(4)))()
    library = dlc.compile(model, train={"loss": "mse"})
    want = float(np.mean((np.asarray(model(x)) - y) ** 2))
    np.testing.assert_allclose(library.step(x, y), want, rtol=1e-5)
