# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training beside Keras: the same first weights and batches give the same weights.

Relative to the largest weight: 1e-6 after 100 steps of SGD, 1e-5 of others."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import optimizers as O

import dlc.keras


def twins(make, **compile):
    """A model and its accelerated twin of the same weights."""
    keras.utils.set_random_seed(3)
    own, other = make(), make()
    for v, w in zip(own.weights, other.weights):
        v.assign(np.asarray(w))
    for model in (own, other):
        model.compile(**{k: v() if k == "optimizer" and callable(v) else v
                         for k, v in compile.items()})
    return dlc.keras.accelerate(own), other


def distance(own, other):
    pairs = [(np.asarray(v), np.asarray(w)) for v, w in zip(own.weights, other.weights)
             if "seed" not in v.path]
    return max(np.abs(v - w).max() for v, w in pairs) / max(np.abs(w).max() for _, w in pairs)


def same_logs(got, want):
    assert list(got) == list(want)
    for key in got:
        assert np.allclose(got[key], want[key], rtol=1e-4, atol=1e-5), key


LISTINGS = {
    "recurrent": lambda: [L.SimpleRNN(2, return_sequences=True), L.Dropout(0.0), L.SimpleRNN(1)],
    "lstm": lambda: [L.LSTM(20, return_sequences=True), L.Dropout(0.0), L.LSTM(10),
                     L.Dropout(0.0)],
    "conv gru": lambda: [L.Conv1D(filters=20, kernel_size=4, strides=2, padding="valid"),
                         L.GRU(2, activation="relu"), L.Dropout(0.0)],
}


@pytest.mark.parametrize("optimizer, limit", [(lambda: O.SGD(0.01), 1e-6), (lambda: "Adam", 1e-5)],
                         ids=["sgd", "adam"])
@pytest.mark.parametrize("name", LISTINGS)
def test_listing(name, optimizer, limit, rng):
    own, other = twins(lambda: keras.Sequential([keras.Input((None, 1)), *LISTINGS[name](),
                                                 L.Dense(1)]),
                       loss="mse", optimizer=optimizer, metrics=["mae", "mse"])
    x, y = rng.normal(size=(352, 20, 1)), rng.normal(size=(352, 1))
    logs = [m.fit(x, y, epochs=10, batch_size=32, shuffle=False, verbose=0,
                  validation_split=0.09).history for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= limit
    same_logs(*[m.evaluate(x, y, verbose=0, return_dict=True) for m in (own, other)])
    assert np.allclose(own.predict(x, verbose=0), other.predict(x, verbose=0), atol=1e-5)


OPTIMIZERS = {
    "sgd": lambda: O.SGD(0.1), "momentum": lambda: O.SGD(0.1, momentum=0.9),
    "nesterov": lambda: O.SGD(0.1, momentum=0.9, nesterov=True), "adam": lambda: O.Adam(0.01),
    "amsgrad": lambda: O.Adam(0.01, amsgrad=True), "adamw": lambda: O.AdamW(0.01),
    "rmsprop": lambda: O.RMSprop(0.01),
    "centered": lambda: O.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: O.Adagrad(0.1), "adadelta": lambda: O.Adadelta(1.0),
    "adamw without decay": lambda: O.AdamW(0.01, weight_decay=0.0),
    "adamax": lambda: O.Adamax(0.01), "nadam": lambda: O.Nadam(0.01),
    "lion": lambda: O.Lion(0.001), "clipnorm": lambda: O.SGD(0.1, clipnorm=0.1),
    "global_clipnorm": lambda: O.SGD(0.1, global_clipnorm=0.1),
    "clipvalue": lambda: O.Adam(0.01, clipvalue=0.01),
    "weight_decay": lambda: O.SGD(0.1, weight_decay=0.1),
    "schedule": lambda: O.SGD(O.schedules.ExponentialDecay(0.2, 3, 0.7)),
}


def perceptron(units, activation=None, **more):
    return keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh", **more),
                             L.Dense(units, activation=activation)])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer(name, rng):
    own, other = twins(lambda: perceptron(2), loss="mse", optimizer=OPTIMIZERS[name])
    x, y = rng.normal(size=(64, 6)), rng.normal(size=(64, 2))
    for model in (own, other):
        model.fit(x, y, epochs=5, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-5


LOSSES = {
    **dict.fromkeys(("mse", "mae", "mape", "huber", "log_cosh", "cosine_similarity"),
                    (2, None, "any")),
    **dict.fromkeys(("kl_divergence", "poisson", "msle"), (2, "sigmoid", "positive")),
    **dict.fromkeys(("hinge", "squared_hinge", "categorical_hinge"), (2, None, "sign")),
    "binary_crossentropy": (1, "sigmoid", "binary"),
    "categorical_crossentropy": (3, "softmax", "one of three"),
    "sparse_categorical_crossentropy": (3, "softmax", "class"),
}


def targets(kind, rng, count):
    return {"any": lambda: rng.normal(size=(count, 2)),
            "positive": lambda: np.abs(rng.normal(size=(count, 2))),
            "sign": lambda: np.sign(rng.normal(size=(count, 2))),
            "binary": lambda: rng.integers(0, 2, count),
            "one of three": lambda: np.eye(3)[rng.integers(0, 3, count)],
            "class": lambda: rng.integers(0, 3, count)}[kind]()


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, rng):
    units, activation, kind = LOSSES[name]
    metrics = ["accuracy"] if kind in ("binary", "one of three", "class") else ["mae"]
    own, other = twins(lambda: perceptron(units, activation), loss=name, metrics=metrics,
                       optimizer=lambda: O.SGD(1e-4 if name == "mape" else 0.05))
    x, y = rng.normal(size=(40, 6)), targets(kind, rng, 40)
    weights = rng.uniform(0.5, 2, 40)
    logs = [m.fit(x, y, epochs=4, batch_size=16, shuffle=False, verbose=0,
                  sample_weight=weights).history for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-5


@pytest.mark.parametrize("more", [
    {"kernel_regularizer": keras.regularizers.L1L2(0.01, 0.02)}, {"kernel_regularizer": "l2"},
    {"kernel_constraint": keras.constraints.MaxNorm(0.8)},
    {"kernel_constraint": keras.constraints.NonNeg()},
    {"kernel_constraint": keras.constraints.UnitNorm()},
    {"kernel_constraint": keras.constraints.MinMaxNorm(0.3, 0.6, 0.5)}], ids=str)
def test_penalty(more, rng):
    own, other = twins(lambda: perceptron(2, **more), loss="mse", optimizer=lambda: O.SGD(0.1))
    x, y = rng.normal(size=(48, 6)), rng.normal(size=(48, 2))
    logs = [m.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history
            for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-5


def test_normalization_and_frozen_layers(rng):
    def make():
        model = keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(4, 3), L.BatchNormalization(),
                                  L.ReLU(), L.Conv2D(4, 3, name="frozen"), L.Flatten(),
                                  L.Dense(3, activation="softmax")])
        model.get_layer("frozen").trainable = False
        return model
    own, other = twins(make, loss="sparse_categorical_crossentropy", metrics=["accuracy"],
                       optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(64, 8, 8, 1)), rng.integers(0, 3, 64)
    before = np.asarray(own.get_layer("frozen").kernel)
    for model in (own, other):
        model.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0)
    assert np.array_equal(before, own.get_layer("frozen").kernel)
    assert distance(own, other) <= 1e-5


def test_several_outputs(rng):
    def make():
        x = keras.Input((6,))
        h = L.Dense(4, activation="tanh")(x)
        return keras.Model(x, [L.Dense(2, name="first")(h),
                               L.Dense(1, activation="sigmoid", name="second")(h)])
    own, other = twins(make, loss={"first": "mse", "second": "binary_crossentropy"},
                       loss_weights={"first": 0.5, "second": 2.0},
                       metrics={"first": ["mae"], "second": ["accuracy"]},
                       optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(48, 6)), [rng.normal(size=(48, 2)), rng.integers(0, 2, (48, 1))]
    logs = [m.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history
            for m in (own, other)]
    assert set(logs[0]) == set(logs[1])
    same_logs({k: logs[0][k] for k in logs[1]}, logs[1])
    assert distance(own, other) <= 1e-5


def test_callbacks_and_class_weights(rng):
    own, other = twins(lambda: perceptron(3, "softmax"), loss="sparse_categorical_crossentropy",
                       optimizer=lambda: O.SGD(0.1), metrics=["accuracy"])
    x, y = rng.normal(size=(60, 6)), rng.integers(0, 3, 60)
    seen = []
    logs = [m.fit(x, y, epochs=30, batch_size=20, shuffle=False, verbose=0,
                  class_weight={0: 1.0, 1: 2.0, 2: 0.5}, validation_data=(x, y), callbacks=[
                      keras.callbacks.EarlyStopping("loss", min_delta=1e-2, patience=1),
                      keras.callbacks.LearningRateScheduler(lambda e, r: r * 0.9),
                      keras.callbacks.LambdaCallback(
                          on_epoch_end=lambda e, logs: seen.append(float(logs["loss"])))]).history
            for m in (own, other)]
    same_logs(*logs)
    assert len(logs[0]["loss"]) < 30 and len(seen) == 2 * len(logs[0]["loss"])
    assert distance(own, other) <= 1e-5


def test_dropout_has_its_share_scale_and_seed(rng):
    def trained():
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((1000,)), L.Dropout(0.25),
                                  L.Dense(1, use_bias=False, kernel_initializer="zeros")])
        model.compile(O.SGD(1.0), "mse")
        dlc.keras.accelerate(model)
        # d loss / d w = 2 (y - t) dropped(x): of one sample of ones, y = 0 and t = -1/2.
        model.train_on_batch(np.ones((1, 1000)), np.full((1, 1), -0.5))
        return -np.asarray(model.layers[-1].kernel).ravel()
    first, second = trained(), trained()
    assert np.array_equal(first, second)
    assert set(np.round(np.unique(first), 5)) == {0.0, np.float32(np.round(1 / 0.75, 5))}
    assert abs((first == 0).mean() - 0.25) < 0.05


def test_weights_flow_both_ways(rng, tmp_path):
    model = dlc.keras.accelerate(perceptron(2))
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(8, 6)), rng.normal(size=(8, 2))
    model.train_on_batch(x, y)
    assert np.allclose(model.predict(x, verbose=0), model(x), atol=1e-6)
    model.layers[0].kernel.assign(np.zeros((6, 5)))
    assert np.allclose(model.predict(x, verbose=0), model(x), atol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.allclose(again(x), model(x), atol=1e-6)


def test_labels_out_of_range_are_refused(rng):
    model = dlc.keras.accelerate(perceptron(3, "softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(Exception, match="a label is outside 0 to 2"):
        model.fit(rng.normal(size=(8, 6)), np.full(8, 3), verbose=0)


def test_generators(rng):
    own, other = twins(lambda: perceptron(2), loss="mse", optimizer=lambda: O.SGD(0.1))
    batches = [(rng.normal(size=(n, 6)), rng.normal(size=(n, 2))) for n in (8, 8, 5)]

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, i):
            return batches[i]

    for model in (own, other):
        model.fit(Data(), epochs=3, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-5


def test_predicting_while_learning_changes_nothing(rng):
    own, other = twins(lambda: perceptron(2), loss="mse", optimizer=lambda: O.SGD(0.1))
    x, y = rng.normal(size=(64, 6)), rng.normal(size=(64, 2))
    look = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs=None: own.predict(x[:4], verbose=0))
    own.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0, callbacks=[look])
    other.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-5


def test_weights_of_samples_from_data_sets(rng):
    own, other = twins(lambda: perceptron(2), loss="mse", optimizer=lambda: O.SGD(0.1))
    x, y, w = rng.normal(size=(24, 6)), rng.normal(size=(24, 2)), rng.uniform(0, 3, 24)

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return tuple(a[8 * i:8 * i + 8] for a in (x, y, w))

    logs = [m.fit(Data(), epochs=3, shuffle=False, verbose=0, validation_data=(x, y, w)).history
            for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-5
    with pytest.raises(ValueError, match="one for each"):
        own.fit(x, y, sample_weight=np.ones((24, 2)), verbose=0)


@pytest.mark.parametrize("loss", [keras.losses.Huber(delta=0.1),
                                  keras.losses.MeanSquaredError(reduction="sum"),
                                  keras.losses.BinaryCrossentropy(from_logits=True)],
                         ids=["huber", "sum", "logits"])
def test_loss_objects(loss, rng):
    own, other = twins(lambda: perceptron(2), loss=loss, optimizer=lambda: O.SGD(0.02))
    x, y = rng.normal(size=(32, 6)), rng.integers(0, 2, (32, 2)).astype(np.float32)
    logs = [m.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history
            for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-5


def test_masked_losses_and_metrics(rng):
    own, other = twins(lambda: keras.Sequential([
        keras.Input((6,), dtype="int32"), L.Embedding(7, 4, mask_zero=True),
        L.LSTM(5, return_sequences=True), L.Dense(3, activation="softmax")]),
        loss="sparse_categorical_crossentropy", optimizer=lambda: O.SGD(0.1),
        metrics=["accuracy"])
    x, y = rng.integers(0, 7, (32, 6)), rng.integers(0, 3, (32, 6))
    logs = [m.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history
            for m in (own, other)]
    same_logs(*logs)
    assert distance(own, other) <= 1e-5


def test_what_would_be_ignored_is_refused(rng):
    class Own(keras.Model):
        def train_step(self, *args):
            return {}

    def norm():
        return 0.0

    x = keras.Input((4,))
    with pytest.raises(dlc.keras.UnknownLayers, match="train_step"):
        dlc.keras.accelerate(Own(x, L.Dense(1)(x)))
    data = rng.normal(size=(8, 6)), rng.normal(size=(8, 2))
    for more, words in (
            ({"loss": "mse", "optimizer": O.LossScaleOptimizer(O.SGD(0.1))}, "LossScaleOptimizer"),
            ({"loss": lambda t, y: keras.ops.mean(keras.ops.fft((t, y))[0], axis=-1),
              "optimizer": "sgd"}, "loss"),
            ({"loss": keras.losses.CosineSimilarity(axis=0),
              "optimizer": "sgd"}, "axis"),
            ({"loss": keras.losses.MeanSquaredError(reduction="none"), "optimizer": "sgd"},
             "reduction")):
        model = dlc.keras.accelerate(perceptron(2))
        model.compile(**more)
        with pytest.raises(dlc.keras.UnknownLayers, match=words):
            model.fit(*data, verbose=0)


class Gates(L.Layer):
    """Weights that its call takes functions of, one of them in a list."""

    def build(self, shape):
        self.share = self.add_weight(shape=(shape[-1],), initializer="zeros", name="share")
        self.scales = [self.add_weight(shape=(shape[-1],), initializer="ones", name=f"scale{k}")
                       for k in range(2)]

    def call(self, x):
        share = keras.ops.sigmoid(self.share)
        return x * share * self.scales[0] + (1 - share) * keras.ops.tanh(self.scales[1])


class Leaky(L.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.share = self.add_weight(shape=(self.units,), initializer="zeros", name="share")

    def call(self, x, states):
        share = keras.ops.sigmoid(self.share)
        state = share * keras.ops.tanh(x @ self.kernel) + (1 - share) * states[0]
        return state, [state]


class Whole(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = L.Dense(1)

    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")
        self.last.build(shape)

    def call(self, x):
        return self.last(x * keras.ops.exp(self.gain))


def whole():
    model = Whole()
    model(np.zeros((2, 4)))
    return model


OWN = {"layer": (lambda: keras.Sequential([keras.Input((4,)), Gates(), L.Dense(1)]), (4,)),
       "layer twice": (lambda: _twice(Gates()), (4,)),
       "cell": (lambda: keras.Sequential([keras.Input((5, 4)), L.RNN(Leaky(6)), L.Dense(1)]),
                (5, 4)),
       "model": (whole, (4,))}


def _twice(layer):
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(1)(layer(keras.ops.tanh(layer(x)))))


@pytest.mark.parametrize("name", OWN)
def test_functions_of_weights_learn(name, rng):
    make, shape = OWN[name]
    own, other = twins(make, loss="mse", optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(320, *shape)), rng.normal(size=(320, 1))
    first = [np.array(w) for w in own.weights]
    for m in (own, other):
        m.fit(x, y, epochs=10, batch_size=32, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6
    assert all(np.abs(np.asarray(w) - f).max() > 1e-4 for w, f in zip(own.weights, first))


@pytest.mark.parametrize("call, words", [
    (lambda self, x: x * np.asarray(self.gain), "trace"),
    (lambda self, x: self.inner(x) * keras.ops.tanh(self.inner.bias), "takes the number of"),
    (lambda self, x: self.gain, "returns a weight itself")], ids=["numpy", "inner", "itself"])
def test_numbers_of_weights_are_refused(call, words):
    class Reads(L.Layer):
        def build(self, shape):
            self.gain = self.add_weight(shape=(shape[-1],), name="gain")
            self.inner = L.Dense(shape[-1])
            self.inner.build(shape)

        def compute_output_shape(self, shape):
            return shape

    Reads.call = call
    x = keras.Input((4,))
    model = keras.Model(x, L.Dense(1)(Reads(name="reads")(x)))
    with pytest.raises(dlc.keras.UnknownLayers, match=words):
        dlc.keras.accelerate(model)
    assert np.isfinite(np.asarray(model.weights[0].value)).all()  # and all is as it was


def _nested():
    shared = L.Dense(4, activation="tanh")
    z, x = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(z, shared(z), name="inner")
    return keras.Model(x, L.Dense(1)(shared(inner(shared(x)))))


def test_layer_inside_and_outside_is_one(rng):
    own, other = twins(_nested, loss="mse", optimizer=lambda: O.SGD(0.05))
    x, y = rng.normal(size=(320, 4)), rng.normal(size=(320, 1))
    for m in (own, other):
        m.fit(x, y, epochs=10, batch_size=32, shuffle=False, verbose=0)
    assert distance(own, other) <= 1e-6


def test_variable_of_two_layers_is_refused():
    class Tied(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = L.Dense(4, use_bias=False)

        def call(self, x):
            return self.table(x) @ self.table.kernel

    model = Tied()
    model(np.zeros((2, 4)))
    with pytest.raises(dlc.keras.UnknownLayers, match="are one variable of Keras"):
        dlc.keras.accelerate(model)
        model.compile("sgd", "mse")
        model.fit(np.zeros((8, 4)), np.zeros((8, 4)), verbose=0)


def test_tied_weights_are_exported(rng, tmp_path):
    """What would learn wrongly computes rightly."""
    class Tied(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = L.Dense(3, use_bias=False)

        def call(self, x):
            return keras.ops.matmul(self.table(x), keras.ops.transpose(self.table.kernel))

    model, x = Tied(), rng.normal(size=(2, 4)).astype(np.float32)
    want = np.asarray(model(x))
    dlc.keras.export(model, tmp_path / "m.so")
    assert np.allclose(dlc.load(tmp_path / "m.so").predict(x), want, atol=1e-5)
    with pytest.raises(dlc.keras.UnknownLayers, match="takes the number of"):
        dlc.compile(model, train={"loss": "mse"})


def test_own_layers_keep_what_is_frozen():
    class Whole(keras.Model):
        def __init__(self):
            super().__init__()
            self.base, self.head = L.Dense(4, name="base"), L.Dense(1, name="head")
            self.base.trainable = False

        def call(self, x):
            return self.head(self.base(x))

    model = Whole()
    model(np.zeros((2, 4)))
    module = dlc.keras.to_module(model)
    assert not model.base.trainable and model.head.trainable
    assert sorted(module.frozen) == [f"{model.name}/base/bias", f"{model.name}/base/kernel"]


def test_statistics_are_frozen_but_for_running_averages():
    normal = L.Normalization(mean=0.5, variance=2.0, name="n")
    model = keras.Sequential([keras.Input((4,)), normal, L.BatchNormalization(name="b"),
                              L.Dense(1, name="d")], name="m")
    assert not [n for n in dlc.keras.to_module(model).frozen if n.startswith(("m/b", "m/d"))]
