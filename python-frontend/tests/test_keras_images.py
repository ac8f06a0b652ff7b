# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What comes before a model learns, and images that are changed at random: beside Keras, with
the same random numbers where there are some."""

import keras
import numpy as np
import pytest
from keras import layers as L

import dlc
import dlc.keras
from dlc import ir
from dlc._emit import Emitter, augmentation, emit_model
from dlc._keras_graph import Described

CASES = {
    "one hot": ((4,), "int32", lambda: L.CategoryEncoding(5, output_mode="one_hot")),
    "one hot of one": ((1,), "int32", lambda: L.CategoryEncoding(5, output_mode="one_hot")),
    "multi hot": ((4,), "int32", lambda: L.CategoryEncoding(5)),
    "count": ((4,), "int32", lambda: L.CategoryEncoding(5, output_mode="count")),
    "intervals": ((4,), "float32", lambda: L.Discretization([-1.0, 0.0, 0.5])),
    "intervals, multi hot": ((4,), "float32", lambda: L.Discretization(
        [-1.0, 0.0, 0.5], output_mode="multi_hot")),
    "intervals, one hot": ((4, 3), "float32", lambda: L.Discretization(
        [-1.0, 0.0, 0.5], output_mode="one_hot")),
    "crop": ((8, 7, 3), "float32", lambda: L.CenterCrop(5, 4)),
    "crop of less": ((8, 7, 3), "float32", lambda: L.CenterCrop(12, 5)),
    "crop, channels first": ((2, 8, 7), "float32", lambda: L.CenterCrop(
        5, 4, data_format="channels_first")),
    **{f"resize {kind} {size}": ((8, 7, 3), "float32", lambda k=kind, s=size: L.Resizing(
        *s, interpolation=k)) for kind in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
       for size in ((4, 5), (13, 9), (8, 3))},
    "resize, antialiased": ((9, 7, 3), "float32", lambda: L.Resizing(4, 5, antialias=True)),
    "resize, antialiased cubic": ((9, 17, 3), "float32", lambda: L.Resizing(
        4, 5, interpolation="bicubic", antialias=True)),
    "resize, cropped": ((9, 7, 3), "float32", lambda: L.Resizing(4, 6, crop_to_aspect_ratio=True)),
    "resize, cropped, wide": ((5, 17, 3), "float32", lambda: L.Resizing(
        4, 6, crop_to_aspect_ratio=True)),
    "resize, padded": ((5, 17, 3), "float32", lambda: L.Resizing(
        4, 6, pad_to_aspect_ratio=True, fill_value=0.5)),
    "resize, padded, high": ((15, 7, 3), "float32", lambda: L.Resizing(
        6, 6, pad_to_aspect_ratio=True)),
    "resize, channels first": ((2, 8, 7), "float32", lambda: L.Resizing(
        4, 5, data_format="channels_first")),
    "resize whole numbers": ((8, 7, 3), "int32", lambda: L.Resizing(5, 4)),
    **{f"larger, {kind}": ((4, 5, 3), "float32", lambda k=kind: L.UpSampling2D(
        (2, 3), interpolation=k)) for kind in ("bilinear", "bicubic", "lanczos3")},
}


@pytest.mark.parametrize("name", CASES)
def test_preprocessing(name, rng, tmp_path):
    shape, kind, make = CASES[name]
    model = keras.Sequential([keras.Input(shape, dtype=kind), make()])
    x = rng.normal(size=(6, *shape)).astype(np.float32) if kind == "float32" else \
        rng.integers(0, 250 if len(shape) == 3 else 5, (6, *shape)).astype(kind)
    y = dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(x)
    want = np.asarray(model(x, training=False))
    assert y.shape == want.shape
    far = np.abs(y - want) > 1e-5 * max(1.0, np.abs(want).max())
    # Colours are rounded: sums that differ in their last place may be at both sides of a half.
    assert far.mean() <= (0.01 if "whole" in name else 0.0) and np.abs(y - want).max() <= 1


def test_counts_with_weights(rng, tmp_path):
    x, w = keras.Input((4,), dtype="int32"), keras.Input((4,))
    model = keras.Model([x, w], L.CategoryEncoding(5, output_mode="count")(x, count_weights=w))
    data = [rng.integers(0, 5, (6, 4)).astype(np.int32),
            rng.normal(size=(6, 4)).astype(np.float32)]
    np.testing.assert_allclose(dlc.load(dlc.keras.export(model, tmp_path / "a.so")).predict(*data),
                               model(data), atol=1e-5)


FILLS = ("reflect", "constant", "wrap", "nearest")
IMAGES = {
    "flip": lambda: L.RandomFlip(), "flip horizontally": lambda: L.RandomFlip("horizontal"),
    "flip vertically": lambda: L.RandomFlip("vertical"),
    "contrast": lambda: L.RandomContrast((0.3, 0.5), value_range=(0, 1)),
    "contrast of 255": lambda: L.RandomContrast(0.4),
    "brightness": lambda: L.RandomBrightness(0.3, value_range=(0, 1)),
    "brightness of two": lambda: L.RandomBrightness((-0.1, 0.4), value_range=(0.0, 1.0)),
    **{f"translation {f}": lambda f=f: L.RandomTranslation(0.7, (-0.3, 0.9), f, fill_value=0.4)
       for f in FILLS},
    **{f"zoom {f}": lambda f=f: L.RandomZoom((-0.5, 0.9), 0.4, f) for f in FILLS},
    "zoom of both": lambda: L.RandomZoom(0.5, interpolation="nearest"),
    **{f"rotation {f}": lambda f=f: L.RandomRotation(0.4, f, fill_value=0.3) for f in FILLS},
    "rotation nearest": lambda: L.RandomRotation((0.1, 0.2), interpolation="nearest"),
    "rotation, channels first": lambda: L.RandomRotation(0.2, data_format="channels_first"),
}


def learning(model, compiled, monkeypatch):
    """A function (x, seed) -> the outputs while it learns, and the numbers that were drawn."""
    described, module, made = Described(model), ir.Module(), []
    draw = augmentation.drawn

    def noted(*args):
        made.append(draw(*args))
        return made[-1]

    monkeypatch.setattr(augmentation, "drawn", noted)
    with module.function("f", x=ir.type_of(described.inputs[0].shape, "f32"),
                         random="tensor<2xi64>") as f:
        e = Emitter(module, {}, None, training=True, random=f.random)
        y = emit_model(e, described.item, f.x)
        f.returns(y=y, **{f"d{k}": v for k, v in enumerate(made)})
    function = compiled(module).f
    return lambda x, seed: function(x, np.array([seed, 0]))


@pytest.mark.parametrize("name", IMAGES)
def test_images_change_as_kerass_with_the_same_numbers(name, rng, compiled, monkeypatch):
    shape = (3, 9, 12) if "first" in name else (9, 12, 3)
    layer = IMAGES[name]()
    model = keras.Sequential([keras.Input(shape, batch_size=16), layer])
    x = rng.uniform(size=(16, *shape)).astype(np.float32)
    run = learning(model, compiled, monkeypatch)
    y, *numbers = run(x, 3)
    left = list(numbers)

    def same(shape, minval=0.0, maxval=1.0, **_):
        """In place of Keras's random numbers: those that dlc drew, in the range it asks for."""
        found = left.pop(0)
        assert (found >= minval - 1e-6).all() and (found <= maxval + 1e-6).all()
        return keras.ops.reshape(keras.ops.convert_to_tensor(found), shape)

    monkeypatch.setattr(layer.backend.random, "uniform", same)
    want = np.asarray(layer(x, training=True))
    assert not left
    # Places are sums of some tens: rounded, a nearest neighbour may be another one.
    far = np.abs(y - want) > 2e-4
    assert far.mean() <= (0.01 if getattr(layer, "interpolation", None) == "nearest" else 0.0)
    assert np.abs(y - x).max() > 0.05
    if "flip" not in name:
        assert np.abs(run(x, 4)[0] - y).max() > 1e-3
    for number in numbers:
        assert number.size == 16 and number.std() > 0


def test_at_inference_images_stay_and_steps_change_them(rng):
    def make():
        return keras.Sequential([keras.Input((9, 12, 3)), L.RandomFlip("horizontal"),
                                 L.RandomRotation(0.1), L.RandomZoom(0.1), L.Flatten(),
                                 L.Dense(1)])
    own, other = make(), make()
    other.set_weights(own.get_weights())
    dlc.keras.accelerate(own)
    x, y = rng.uniform(size=(64, 9, 12, 3)), rng.normal(size=(64, 1))
    np.testing.assert_allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)
    losses = []
    for model in (own, other):
        model.compile(keras.optimizers.SGD(0.0), "mse")
        np.testing.assert_allclose(model.evaluate(x, y, verbose=0),
                                   np.mean((other.predict(x, verbose=0) - y) ** 2), rtol=1e-5)
        losses.append(model.fit(x, y, epochs=40, verbose=0).history["loss"])
    a, b = (np.mean(h) for h in losses)
    assert abs(a - b) < 5 * np.std(losses[1]) / 40 ** 0.5 + 1e-3
    assert np.std(losses[0]) > 0.3 * np.std(losses[1])
