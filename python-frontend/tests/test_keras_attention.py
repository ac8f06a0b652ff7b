# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention with all that Keras's layers take: axes, windows, gates, masks of every kind."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from test_keras_training import distance, twins

import dlc
import dlc.keras

M, G = L.MultiHeadAttention, L.GroupQueryAttention
# Shapes of query and value, the layer, what its call takes besides, the shape of a mask that is
# given by hand.
CASES = {
    "window": ((6, 5), (6, 5), lambda: M(2, 3, sliding_window=2), {}, None),
    "causal window": ((6, 5), (6, 5), lambda: M(2, 3, sliding_window=3),
                      {"use_causal_mask": True}, None),
    "window of others": ((4, 5), (7, 3), lambda: M(2, 3, sliding_window=2), {}, None),
    "gate": ((6, 5), (4, 5), lambda: M(2, 3, use_gate=True), {}, None),
    "gate and window, without bias": ((6, 5), (6, 5), lambda: M(
        2, 3, use_gate=True, sliding_window=2, use_bias=False), {}, None),
    "groups": ((6, 5), (4, 5), lambda: G(3, 4, 2), {}, None),
    "groups, gate and window": ((6, 5), (6, 5), lambda: G(
        3, 4, 2, use_gate=True, sliding_window=2), {}, None),
    "first axis": ((3, 4, 5), (3, 4, 5), lambda: M(2, 3, attention_axes=1), {}, None),
    "second axis": ((3, 4, 5), (3, 6, 5), lambda: M(2, 3, attention_axes=(2,)), {}, None),
    "last axis": ((3, 4, 5), (3, 4, 5), lambda: M(2, 3, attention_axes=(-2,)), {}, None),
    "both axes": ((3, 4, 5), (2, 3, 5), lambda: M(2, 3), {}, None),
    "axes named": ((3, 4, 5), (3, 4, 5), lambda: M(2, 3, attention_axes=(1, 2), use_gate=True),
                   {}, None),
    "first axis, causal": ((3, 4, 5), (3, 4, 5), lambda: M(2, 3, attention_axes=(1,)),
                           {"use_causal_mask": True}, None),
    "several extents": ((6, 5), (6, 5), lambda: M(2, 3, output_shape=(3, 4)), {}, None),
    "mask": ((6, 5), (4, 5), lambda: M(2, 3), {}, (6, 4)),
    "mask of heads": ((6, 5), (4, 5), lambda: M(2, 3), {}, (2, 6, 4)),
    "mask of an axis": ((3, 4, 5), (3, 6, 5), lambda: M(2, 3, attention_axes=(2,)), {}, (4, 6)),
    "mask of both axes": ((3, 4, 5), (2, 3, 5), lambda: M(2, 3), {}, (3, 4, 2, 3)),
    "mask of groups": ((6, 5), (4, 5), lambda: G(3, 4, 2), {}, (6, 4)),
    "mask and window": ((6, 5), (6, 5), lambda: M(2, 3, sliding_window=4), {}, (6, 6)),
}


def model_of(name, scores=False):
    query, value, make, call, mask = CASES[name]
    inputs = [keras.Input(query), keras.Input(value)]
    if mask:
        inputs.append(keras.Input(mask, dtype="bool"))
        call = {**call, "attention_mask": inputs[-1]}
    return keras.Model(inputs, make()(*inputs[:2], **call, **(
        {"return_attention_scores": True} if scores else {})))


def data(name, rng, count=3):
    query, value, _, _, mask = CASES[name]
    x = [rng.normal(size=(count, *s)).astype(np.float32) for s in (query, value)]
    return x + ([rng.uniform(size=(count, *mask)) < 0.6] if mask else [])


@pytest.mark.parametrize("scores", [False, True], ids=["", "scores"])
@pytest.mark.parametrize("name", CASES)
def test_attention(name, scores, rng, tmp_path):
    model, x = model_of(name, scores), data(name, rng)
    for v in model.weights:
        v.assign(rng.normal(size=v.shape) * 0.5) if "seed" not in v.path else None
    found = dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(*x)
    want = model([*x])
    for got, known in zip(found if scores else [found], want if scores else [want], strict=True):
        np.testing.assert_allclose(got, known, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["gate and window, without bias", "groups, gate and window",
                                  "axes named", "mask of an axis"])
def test_learning(name, rng):
    own, other = twins(lambda: model_of(name), loss="mse", optimizer=lambda: O.SGD(0.05))
    x = data(name, rng, 32)
    y = rng.normal(size=own.predict(x, verbose=0).shape)
    for model in (own, other):
        model.fit(x, y, epochs=25, batch_size=8, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6


@pytest.mark.parametrize("make", [
    lambda: M(2, 3, kernel_regularizer="l2", bias_regularizer="l2", activity_regularizer="l2",
              kernel_constraint="non_neg"),
    lambda: G(3, 4, 2, bias_regularizer="l2", activity_regularizer="l1")], ids=["heads", "groups"])
def test_what_is_added_to_the_loss(make, rng):
    def model():
        x = keras.Input((6, 5))
        return keras.Model(x, make()(x, x))

    own, other = twins(model, loss="mse", optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(32, 6, 5)), rng.normal(size=(32, 6, 5))
    losses = [m.fit(x, y, epochs=25, batch_size=8, shuffle=False, verbose=0).history["loss"]
              for m in (own, other)]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert distance(own, other) <= 1e-6


@pytest.mark.parametrize("kind", ["heads", "heads with scores", "groups"])
def test_masks_of_steps(kind, rng, tmp_path):
    """Of queries, values and keys; steps where all is masked too."""
    ids = [keras.Input((n,), dtype="int32") for n in (5, 6, 6)]
    q, v, k = (L.Embedding(4, 5, mask_zero=True)(i) for i in ids)
    layer = G(3, 2, 1) if kind == "groups" else M(2, 3)
    y = layer(q, v, k, **({"return_attention_scores": True} if "scores" in kind else {}))
    model = keras.Model(ids, y)
    x = [rng.integers(0, 4, (8, n)).astype(np.int32) for n in (5, 6, 6)]
    x[1][0] = 0
    found = dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(*x)
    want = model(x)
    both = zip(found, want, strict=True) if "scores" in kind else [(found, want)]
    for got, known in both:
        np.testing.assert_allclose(got, known, atol=1e-5, rtol=1e-5)


def test_what_is_refused(rng):
    x = keras.Input((4, 4, 5))
    y = M(2, 3, attention_axes=(2,), name="att")(x, x, use_causal_mask=True)
    with pytest.raises(dlc.keras.UnknownLayers, match=r"att \(MultiHeadAttention with "
                                                      r"attention_axes=\[2\]"):
        dlc.keras.to_module(keras.Model(x, y))
