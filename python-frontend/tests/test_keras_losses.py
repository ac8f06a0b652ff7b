# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses: those of Keras that are rare, and a user's own. Beside Keras on JAX, whose weights they
are to give, to 1e-6 of the largest after 100 steps of SGD."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O
from keras_twins import distance, fitted, perceptron, same_logs, twins, without_keras

import dlc.keras
from dlc import losses


def embedded():
    return keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh"), L.Dense(4),
                             L.UnitNormalization()])


def images():
    return keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(2, 3, activation="sigmoid")])


def sequences():
    return keras.Sequential([keras.Input((None, 3)), L.Conv1D(5, 3), L.Dense(4)])


BCE, CCE, SCE = (getattr(keras.losses, n) for n in (
    "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy"))
LOSSES = {  # loss, model, shape of an input, targets of as many samples
    "binary focal": ("binary_focal_crossentropy", lambda: perceptron(2, "sigmoid"), "bits"),
    "binary focal, all": (lambda: BCE(apply_class_balancing=True, alpha=0.3, gamma=1.5,
                                      from_logits=True, label_smoothing=0.1),
                          lambda: perceptron(2), "bits"),
    "focal": ("categorical_focal_crossentropy", lambda: perceptron(3, "softmax"), "one of three"),
    "focal, all": (lambda: CCE(alpha=[0.2, 0.5, 0.9], gamma=3.0, from_logits=True,
                               label_smoothing=0.1, reduction="sum"), lambda: perceptron(3),
                   "one of three"),
    "dice": (lambda: keras.losses.Dice(), images, "regions"),
    "dice by image": (lambda: keras.losses.Dice(axis=(1, 2, 3)), images, "regions"),
    "tversky": (lambda: keras.losses.Tversky(alpha=0.3, beta=0.8, axis=[1, 2]), images,
                "regions"),
    "tversky of all": ("tversky", images, "regions"),
    "generalized": (lambda: keras.losses.CategoricalGeneralizedCrossEntropy(q=0.7),
                    lambda: perceptron(3, "softmax"), "class"),
    "circle": (lambda: keras.losses.Circle(gamma=4.0), embedded, "class"),
    "circle with itself": (lambda: keras.losses.Circle(gamma=3.0, margin=0.3,
                                                       remove_diagonal=False),
                           embedded, "class"),
    "ignored class": (lambda: SCE(ignore_class=1), lambda: perceptron(3, "softmax"), "class"),
    "ignored, none of the classes": (lambda: SCE(ignore_class=-1, from_logits=True), sequences,
                                     "steps"),
    "ctc": (lambda: keras.losses.CTC(), sequences, "labels"),
    "mean by weights": (lambda: keras.losses.Huber(reduction="mean_with_sample_weight"),
                        lambda: perceptron(2), "bits"),
}


def examples(kind, rng, count):
    """(inputs, targets)."""
    x = rng.normal(size=(count, 6))
    if kind == "regions":
        return rng.normal(size=(count, 6, 6, 1)), rng.integers(0, 2, (count, 4, 4, 2))
    if kind == "steps":
        return rng.normal(size=(count, 9, 3)), rng.integers(-1, 4, (count, 7))
    if kind == "labels":  # after 1 to 4 of them there are zeros
        labels = rng.integers(1, 4, (count, 4))
        return rng.normal(size=(count, 11, 3)), labels * (
            np.arange(4) < rng.integers(1, 5, (count, 1)))
    return x, {"bits": lambda: rng.integers(0, 2, (count, 2)),
               "one of three": lambda: np.eye(3)[rng.integers(0, 3, count)],
               "class": lambda: rng.integers(0, 3, count)}[kind]()


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, rng):
    """100 steps."""
    loss, make, kind = LOSSES[name]
    models = twins(make, loss=loss if isinstance(loss, str) else loss(),
                   optimizer=lambda: O.SGD(0.002 if kind == "labels" else 0.02))
    x, y = examples(kind, rng, 80)
    weights = None if kind in ("regions", "steps") else rng.uniform(0.5, 2, 80)
    same_logs(*fitted(models, x, y, epochs=20, sample_weight=weights))
    assert distance(*models) <= 1e-6
    assert np.abs(np.asarray(models[0].weights[0]) - first_weight(make)).max() > 1e-4


def first_weight(make):
    keras.utils.set_random_seed(3)
    make()
    return np.asarray(make().weights[0])


WITHOUT_KERAS = {
    "binary focal, all": lambda: losses.BinaryFocalCrossentropy(
        apply_class_balancing=True, alpha=0.3, gamma=1.5, from_logits=True, label_smoothing=0.1),
    "focal, all": lambda: losses.CategoricalFocalCrossentropy(
        alpha=[0.2, 0.5, 0.9], gamma=3.0, from_logits=True, label_smoothing=0.1, reduction="sum"),
    "generalized": lambda: losses.CategoricalGeneralizedCrossEntropy(q=0.7),
    "ignored class": lambda: losses.SparseCategoricalCrossentropy(ignore_class=1),
    "mean by weights": lambda: losses.Huber(reduction="mean_with_sample_weight")}


@pytest.mark.parametrize("name", WITHOUT_KERAS)
def test_loss_without_keras(name, rng):
    theirs, make, kind = LOSSES[name]
    x, y = examples(kind, rng, 80)
    last = make().layers[-1]
    models = without_keras(
        last.units, last.activation.__name__,
        {"loss": WITHOUT_KERAS[name](), "optimizer": "sgd"},
        {"loss": theirs(), "optimizer": O.SGD(0.01)})
    same_logs(*fitted(models, x, y, epochs=20, sample_weight=rng.uniform(0.5, 2, 80)))
    for v, w in zip(*(m.get_weights() for m in models)):
        assert np.abs(v - w).max() <= 1e-6 * max(np.abs(u).max() for u in models[1].get_weights())


@pytest.mark.parametrize("name, own", [
    ("dice by image", lambda: losses.Dice(axis=(1, 2, 3))), ("tversky of all", lambda: "tversky"),
    ("circle", lambda: losses.Circle(gamma=4.0)), ("ctc", lambda: losses.CTC())], ids=str)
def test_loss_of_saved_model_without_keras(name, own, rng, tmp_path):
    """Models that are more than layers in a row, and labels of a length that changes."""
    theirs, make, kind = LOSSES[name]
    keras.utils.set_random_seed(3)
    other = make()
    other.save(tmp_path / "m.keras")
    model = dlc.keras.load(tmp_path / "m.keras")
    model.compile("sgd", own())
    other.compile(O.SGD(0.01), theirs if isinstance(theirs, str) else theirs())
    x, y = examples(kind, rng, 80)
    same_logs(*fitted((model, other), x, y, epochs=10))
    y = y[:, :3] if kind == "labels" else y
    same_logs(*fitted((model, other), x, y, epochs=10))
    for v, w in zip(model.get_weights(), other.get_weights()):
        assert np.abs(v - w).max() <= 1e-6 * max(np.abs(u).max() for u in other.get_weights())


def relative(t, y):
    return keras.ops.mean(keras.ops.abs(t - y) / (1.0 + keras.ops.abs(t)), axis=-1)


def whole(t, y):
    return keras.ops.log(1.0 + keras.ops.sum(keras.ops.square(t - y)))


def ranked(t, y):
    """Targets are of another shape than predictions."""
    return keras.ops.maximum(0.0, 1.0 - t[:, 0] * (y[:, 0] - y[:, 1])) + 0.1 * t[:, 2] * y[:, 1]


def of_steps(t, y):
    return keras.ops.mean(keras.ops.square(t - y), axis=-1) * keras.ops.sigmoid(t[..., 0])


def of_predictions(t, y):
    return keras.ops.mean(keras.ops.square(y), axis=-1)


class Pinball(keras.losses.Loss):
    def __init__(self, share, **more):
        super().__init__(**more)
        self.share = share

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.mean(keras.ops.maximum(self.share * error, (self.share - 1) * error),
                              axis=-1)


class Whole(keras.losses.Loss):
    """One number of all samples."""

    def call(self, y_true, y_pred):
        return whole(y_true, y_pred)


class Unsqueezed(keras.losses.Loss):
    """Keras squeezes functions' targets, not those of subclasses."""

    def call(self, y_true, y_pred):
        return keras.ops.square(y_true - y_pred)


class Twice(keras.losses.MeanSquaredError):
    def call(self, y_true, y_pred):
        return 2.0 * super().call(y_true, y_pred)


OWN = {  # loss, units, shape of targets, whether there are weights of samples
    "function": (relative, 2, (2,), True), "one number": (whole, 2, (2,), True),
    "another shape": (ranked, 2, (3,), True), "vector": (relative, 1, (), True),
    "class": (Pinball(0.2), 2, (2,), True), "sum": (Pinball(0.7, reduction="sum"), 2, (2,), True),
    "mean by weights": (Pinball(0.2, reduction="mean_with_sample_weight"), 2, (2,), True),
    "kept as it is": (Unsqueezed(), 1, (1,), True), "subclass of Keras's": (Twice(), 2, (2,), True),
    "sum of one number": (Whole(reduction="sum"), 2, (2,), False),
    "without targets": (of_predictions, 2, (2,), True)}


@pytest.mark.parametrize("name", OWN)
def test_own_loss(name, rng):
    """100 steps."""
    loss, units, shape, weighted = OWN[name]
    models = twins(lambda: perceptron(units), loss=loss, optimizer=lambda: O.SGD(0.02))
    x, y = rng.normal(size=(80, 6)), rng.normal(size=(80, *shape))
    weights = rng.uniform(0.5, 2, 80) if weighted else None
    same_logs(*fitted(models, x, y, epochs=20, sample_weight=weights, validation_data=(x, y)))
    assert distance(*models) <= 1e-6
    same_logs(*[m.evaluate(x, y, verbose=0, return_dict=True) for m in models])
    assert not np.allclose(models[0].layers[0].kernel, first_weight(lambda: perceptron(units)))


def test_own_loss_of_steps_and_masks(rng):
    models = twins(lambda: keras.Sequential([
        keras.Input((None,), dtype="int32"), L.Embedding(7, 4, mask_zero=True),
        L.LSTM(5, return_sequences=True), L.Dense(2)]), loss=of_steps,
        optimizer=lambda: O.SGD(0.1))
    x, y = rng.integers(0, 7, (80, 6)), rng.normal(size=(80, 6, 2))
    same_logs(*fitted(models, x, y, epochs=20))
    assert distance(*models) <= 1e-6
    # As long as they like.
    x, y = rng.integers(0, 7, (80, 9)), rng.normal(size=(80, 9, 2))
    library = models[0].__dict__["_dlc_compiled"]
    before = list(library)
    same_logs(*fitted(models, x, y, epochs=2))
    assert list(library) == before and distance(*models) <= 1e-6


def test_own_losses_of_outputs_and_generators(rng):
    def make():
        x = keras.Input((6,))
        h = L.Dense(4, activation="tanh")(x)
        return keras.Model(x, [L.Dense(2, name="first")(h), L.Dense(1, name="second")(h)])

    models = twins(make, loss={"first": ranked, "second": "mse"},
                   loss_weights={"first": 0.5, "second": 2.0}, optimizer=lambda: O.SGD(0.05))
    batches = [(rng.normal(size=(n, 6)), (rng.normal(size=(n, 3)), rng.normal(size=(n, 1))))
               for n in (16, 16, 9)]

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, i):
            return batches[i]

    logs = [m.fit(Data(), epochs=3, shuffle=False, verbose=0).history for m in models]
    assert set(logs[0]) == set(logs[1])
    same_logs({k: logs[0][k] for k in logs[1]}, logs[1])
    for model in models:
        model.fit((b for b in batches * 2), epochs=2, steps_per_epoch=3, verbose=0)
        model.train_on_batch(*batches[0])
    assert distance(*models) <= 1e-6


def test_own_loss_of_other_targets_later(rng):
    """The steps are made anew for targets of another shape, and the optimiser goes on."""
    def free(t, y):
        return keras.ops.square(keras.ops.sum(t, axis=-1) - keras.ops.sum(y, axis=-1))

    models = twins(lambda: perceptron(2), loss=free, optimizer=lambda: O.Adam(0.01))
    x = rng.normal(size=(80, 6))
    for width in (2, 5, 1):
        fitted(models, x, rng.normal(size=(80, width)), epochs=2)
        models[0].predict(x[:4], verbose=0)
    assert distance(*models) <= 1e-5


def branching(t, y):
    return keras.ops.mean(t - y) if keras.ops.sum(y) > 0 else keras.ops.mean(y)


def by_numpy(t, y):
    return np.mean(np.asarray(y))


def rare(t, y):
    return keras.ops.mean(keras.ops.fft((t, y))[0], axis=-1)


class Called(keras.losses.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return keras.ops.mean(y_pred)


class Weighing(keras.losses.Loss):
    def __init__(self):
        super().__init__()
        self.scale = keras.Variable(2.0, name="scale")

    def call(self, y_true, y_pred):
        return self.scale * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def a_number(t, y):
    return 3.0


@pytest.mark.parametrize("loss, words", [
    (branching, "loss branching cannot be traced"), (by_numpy, "loss by_numpy cannot be traced"),
    (rare, "loss rare uses what dlc does not know: .*keras.ops FFT"),
    (Called(), "loss Called has its own __call__"),
    (Weighing(), "loss Weighing uses the var.*scale"),
    (a_number, "loss a_number cannot be traced.*gives 3.0"),
    (Pinball(0.2, reduction=None), "loss Pinball: reduction none"),
    (Pinball(0.2, dtype="float16"), "loss Pinball computes in float16")], ids=lambda v: str(v)[:20])
def test_what_cannot_be_traced_is_refused(loss, words, rng):
    model = dlc.keras.accelerate(perceptron(2))
    model.compile("sgd", loss)
    with pytest.raises(dlc.keras.UnknownLayers, match=words):
        model.fit(rng.normal(size=(8, 6)), rng.normal(size=(8, 2)), verbose=0)


def test_losses_of_weights_are_refused(rng):
    model = dlc.keras.accelerate(perceptron(2))
    kernel = model.layers[0].kernel
    for loss, words in (
            (lambda t, y: keras.ops.mean(t - y, axis=-1) + keras.ops.sum(kernel * kernel),
             "takes the number of .*kernel"),
            (lambda t, y: keras.ops.mean(t - y, axis=-1) * kernel, "uses the variables .*kernel")):
        model.compile("sgd", loss)
        with pytest.raises(dlc.keras.UnknownLayers, match=words):
            model.fit(rng.normal(size=(8, 6)), rng.normal(size=(8, 2)), verbose=0)


def test_weights_of_samples_without_part_are_refused(rng):
    model = dlc.keras.accelerate(perceptron(2))
    model.compile("sgd", Whole(reduction="sum"))
    with pytest.raises(ValueError, match="expected a loss of each sample"):
        model.fit(rng.normal(size=(8, 6)), rng.normal(size=(8, 2)), verbose=0,
                  sample_weight=np.ones(8))


def test_layers_in_losses_do_not_learn(rng):
    noise = L.Dropout(0.5)

    def dropped(t, y):
        return keras.ops.mean(keras.ops.square(noise(y) - t), axis=-1)

    models = twins(lambda: perceptron(2), loss=dropped, optimizer=lambda: O.SGD(0.02))
    fitted(models, rng.normal(size=(80, 6)), rng.normal(size=(80, 2)))
    assert distance(*models) <= 1e-6


@pytest.mark.parametrize("length", [1, 2])
def test_ctc_of_short_labels(length, rng):
    models = twins(sequences, loss=keras.losses.CTC(), optimizer=lambda: O.SGD(0.002))
    x, y = rng.normal(size=(80, 9, 3)), rng.integers(1, 4, (80, length))
    models[0].predict(x[:2], verbose=0)  # before the length of labels is known
    fitted(models, x, y, epochs=20)
    assert distance(*models) <= 1e-6
    with pytest.raises(Exception, match="a label is outside 0 to 3"):
        models[0].fit(x, y + 3, verbose=0)
