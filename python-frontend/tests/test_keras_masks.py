# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps that are masked, and batches that are renormalised: training beside Keras."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from test_keras_training import distance, same_logs, twins

import dlc
import dlc.keras

CASES = {
    "steps": ((6, 4), lambda: [L.Masking(), L.BatchNormalization(), L.LSTM(3)]),
    "steps, without scale": ((6, 4), lambda: [
        L.Masking(), L.Dense(5), L.BatchNormalization(momentum=0.9, scale=False),
        L.GlobalAveragePooling1D()]),
    "steps, another axis": ((6, 4), lambda: [
        L.Masking(), L.BatchNormalization(axis=1), L.Flatten()]),
    "steps of images": ((3, 4, 2), lambda: [
        L.Masking(), L.BatchNormalization(center=False), L.Flatten()]),
    "renorm": ((4,), lambda: [L.Dense(5), L.BatchNormalization(renorm=True, momentum=0.9)]),
    "renorm, clipped": ((4,), lambda: [L.Dense(5), L.BatchNormalization(
        renorm=True, renorm_momentum=0.8,
        renorm_clipping={"rmax": 1.5, "rmin": 0.6, "dmax": 0.5})]),
    "renorm of an axis, without scale": ((6, 5, 2), lambda: [
        L.Conv2D(4, 3), L.BatchNormalization(renorm=True, axis=1, scale=False), L.Flatten()]),
    "renorm of steps": ((6, 4), lambda: [
        L.Masking(), L.BatchNormalization(renorm=True), L.GlobalAveragePooling1D()]),
}


@pytest.mark.parametrize("name", CASES)
def test_batch_normalization(name, rng):
    shape, layers = CASES[name]
    own, other = twins(lambda: keras.Sequential([keras.Input(shape), *layers(), L.Dense(1)]),
                       loss="mse", optimizer=lambda: O.SGD(0.005))
    x = rng.normal(size=(64, *shape)).astype(np.float32) + 0.5
    if "steps" in name:
        x[rng.uniform(size=x.shape[:-1]) < 0.4] = 0
    y = rng.normal(size=(64, 1))
    logs = [m.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0).history
            for m in (own, other)]
    same_logs(*logs)
    pairs = [(v.trainable, np.asarray(v), np.asarray(w))
             for v, w in zip(own.weights, other.weights)]
    largest = max(np.abs(w).max() for *_, w in pairs)
    for is_learnt, v, w in pairs:  # averages round at each of the 100 steps, and the same way
        assert np.abs(v - w).max() <= (1e-6 if is_learnt else 5e-6) * largest
    np.testing.assert_allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)


def test_what_gradients_do_not_pass_is_exact(rng, compiled):
    """floor(x 2^40) 2^-40 is x for all but the smallest numbers."""
    from dlc import ir
    from dlc._emit import Emitter
    module = ir.Module()
    with module.function("f", x="tensor<4000xf32>") as f:
        f.returns(y=Emitter(module, {}, None).without_gradient(f.x))
    x = (rng.normal(size=4000) * 10.0 ** rng.integers(-4, 20, 4000)).astype(np.float32)
    y = compiled(module).f(x)
    large = np.abs(x) >= 2.0 ** -16
    assert large.sum() > 3000 and (y[large] == x[large]).all()
    assert np.abs(y - x).max() <= 2.0 ** -40


def test_a_layer_that_is_called_twice_moves_its_averages_twice(rng):
    def make():
        x = keras.Input((4,))
        norm = L.BatchNormalization(momentum=0.8)
        return keras.Model(x, L.Dense(1)(norm(norm(x) * 2.0 + 1.0)))

    own, other = twins(make, loss="mse", optimizer=lambda: O.SGD(0.01))
    x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 1))
    for model in (own, other):
        model.fit(x, y, epochs=5, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6


@pytest.mark.parametrize("make", [
    lambda: L.BatchNormalization(momentum=0.8),
    lambda: keras.Sequential([keras.Input((4,)), L.Dense(3), L.BatchNormalization(momentum=0.8)])],
    ids=["layer", "model"])
def test_each_step_has_moments_of_its_own(make, rng):
    own, other = twins(lambda: keras.Sequential([
        keras.Input((5, 4)), L.TimeDistributed(make()), L.Flatten(), L.Dense(1)]),
        loss="mse", optimizer=lambda: O.SGD(0.01))
    x, y = rng.normal(size=(64, 5, 4)), rng.normal(size=(64, 1))
    for model in (own, other):
        model.fit(x, y, epochs=25, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6
    np.testing.assert_allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2])
def test_masks_of_concatenations(axis, rng, tmp_path):
    """The mask is seen by what comes next: a mean over steps, a recurrent layer."""
    a, b = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
    h = L.Concatenate(axis=axis)([L.Embedding(4, 3, mask_zero=True)(a),
                                  L.Embedding(4, 3, mask_zero=axis == 2)(b)])
    model = keras.Model([a, b], L.Concatenate()([L.GlobalAveragePooling1D()(h), L.GRU(3)(h)]))
    x = [rng.integers(0, 4, (6, 5)).astype(np.int32) for _ in range(2)]
    x[0][:, 0] = 1  # no sample is masked everywhere
    library = dlc.load(dlc.keras.export(model, tmp_path / "a.so"))
    np.testing.assert_allclose(library.predict(*x), model(x), atol=1e-5)
    # Without Keras, where the graph does not say what is masked.
    from dlc import layers as M
    a, b = M.Input((5,), dtype="int64"), M.Input((5,), dtype="int64")
    h = M.Concatenate(axis=axis)([M.Embedding(4, 3, mask_zero=True)(a),
                                  M.Embedding(4, 3, mask_zero=axis == 2)(b)])
    own = M.Model([a, b], M.Concatenate()([M.GlobalAveragePooling1D()(h), M.GRU(3)(h)]))
    own.set_weights(model.get_weights())
    np.testing.assert_allclose(own.predict(x), model(x), atol=1e-5)
