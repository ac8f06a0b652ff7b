# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers of dlc.layers beside those of Keras that have their weights."""

import keras
import numpy as np
import pytest
from keras import layers as K

from dlc import layers as O


def grouped(L, Input, Model):
    x = Input((6, 5))
    return Model(x, L.GroupQueryAttention(3, 4, 2, use_gate=True, sliding_window=3)(x, x))


def heads(L, Input, Model):
    x = Input((3, 4, 5))
    return Model(x, L.MultiHeadAttention(2, 3, attention_axes=(2,), use_gate=True)(x, x))


def cells(L, Input, Model):
    x = Input((6, 5))
    return Model(x, list(L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_state=True)(x)))


def both_ways(L, Input, Model):
    x = Input((6, 5))
    h = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode=None)(x)
    return Model(x, [*h, *L.Bidirectional(L.LSTM(3, return_state=True))(x)])


def stateful(L, Input, Model):
    x = Input((6, 5), batch_size=4)
    h = L.Bidirectional(L.GRU(3, stateful=True, return_sequences=True))(x)
    return Model(x, L.RNN([L.LSTMCell(3), L.GRUCell(2)], stateful=True)(h))


def images(L, Input, Model):
    x = Input((8, 7, 3))
    h = L.RandomRotation(0.1)(L.RandomFlip()(L.CenterCrop(7, 6)(x)))
    return Model(x, L.AdaptiveMaxPooling2D(3)(L.Resizing(9, 5, interpolation="bicubic")(h)))


def numbers(L, Input, Model):
    x = Input((5,))
    return Model(x, L.Concatenate()([L.Discretization([-1.0, 0.5], output_mode="multi_hot")(x),
                                     L.CategoryEncoding(3, output_mode="count")(
                                         L.Discretization([-1.0, 0.5])(x))]))


@pytest.mark.parametrize("make", [grouped, heads, cells, both_ways, stateful, images, numbers],
                         ids=lambda f: f.__name__)
def test_layers(make, rng):
    own, other = make(O, O.Input, O.Model), make(K, keras.Input, keras.Model)
    own.build()
    other.set_weights([rng.normal(size=w.shape) * 0.5 for w in own.get_weights()])
    own.set_weights(other.get_weights())
    for _ in range(2):
        x = rng.normal(size=[4, *other.input_shape[1:]]).astype(np.float32)
        found, want = own.predict(x), keras.tree.flatten(other(x, training=False))
        for y, known in zip(found if len(want) > 1 else [found], want, strict=True):
            np.testing.assert_allclose(y, known, atol=1e-5, rtol=1e-5)
