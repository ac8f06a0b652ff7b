# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of dlc.layers that hold each other, and what of them learns."""

import numpy as np
import pytest

import dlc
from dlc import dl, ir
from dlc.layers import (
    BatchNormalization,
    Dense,
    Embedding,
    Input,
    Model,
    Sequential,
    set_random_seed,
)


@pytest.fixture
def data():
    set_random_seed(1)
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 4)).astype(np.float32), rng.normal(size=(64, 1))


def test_models_share_the_weights_of_their_layers(data):
    x, y = data
    shared = Dense(4, activation="tanh", name="shared")
    z, v = Input(shape=(4,)), Input(shape=(4,))
    inner = Model(z, shared(z), name="inner")
    outer = Model(v, Dense(1)(shared(inner(v))), name="outer")
    outer.compile("sgd", "mse")
    before = inner.predict(x)
    outer.fit(x, y, epochs=3, verbose=0)
    w, b = shared.get_weights()
    assert len(outer.get_weights()) == 4 and np.abs(inner.predict(x) - before).max() > 1e-3
    np.testing.assert_allclose(inner.predict(x), np.tanh(x @ w + b), atol=1e-5)
    shared.set_weights([w * 0, b * 0 + 1])
    assert np.allclose(inner.predict(x), np.tanh(1))
    first = np.tanh(np.ones((64, 4)))
    last = np.tanh(first @ (w * 0) + 1) @ outer.get_weights()[2] + outer.get_weights()[3]
    np.testing.assert_allclose(outer.predict(x), last, atol=1e-5)


def test_two_optimizers_in_turn(data):
    """What an adversarial pair does: each step moves its own part, and both see it."""
    x, y = data
    first, second = Dense(4, name="first"), Dense(1, name="second")
    v, w = Input(shape=(4,)), Input(shape=(4,))
    low = Model(w, second(w))
    low.compile("sgd", "mse")
    second.trainable = False
    both = Model(v, second(first(v)))
    both.compile("adam", "mse")
    both.build()
    kept = [a.copy() for a in second.get_weights()]
    moved = [a.copy() for a in first.get_weights()]
    both.train_on_batch(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(kept, second.get_weights()))
    assert all(np.abs(a - b).max() > 0 for a, b in zip(moved, first.get_weights()))
    second.trainable = True
    low.train_on_batch(x, y)
    assert all(np.abs(a - b).max() > 0 for a, b in zip(kept, second.get_weights()))
    np.testing.assert_allclose(both.predict(x), low.predict(x @ first.get_weights()[0] +
                                                            first.get_weights()[1]), atol=1e-5)


def test_weights_of_a_layer_are_told_when_they_do_not_fit():
    layer = Dense(2, name="d")
    with pytest.raises(ValueError, match="d has 0 weights, 2 arrays are given; build"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(2)])
    Sequential([Input(shape=(3,)), layer]).build()
    with pytest.raises(ValueError, match=r"kernel has the shape \[3, 2\], the array given "
                                         r"\[2, 3\]"):
        layer.set_weights([np.zeros((2, 3)), np.zeros(2)])


def test_one_layer_of_two_shapes_is_refused():
    layer = Dense(2, name="d")
    Sequential([Input(shape=(3,)), layer]).build()
    with pytest.raises(ir.IRError, match=r"shape \[3, 2\] in another model, here \[4, 2\]"):
        Sequential([Input(shape=(4,)), layer]).build()


def test_embedding_by_names():
    model = Sequential([Embedding(input_dim=6, output_dim=3, input_shape=[None])])
    assert model.predict(np.array([[1, 2]])).shape == (1, 2, 3)


def test_frozen_layers_do_not_learn_in_a_compiled_step(data):
    x, y = data
    model = Sequential([Input(shape=(4,)), Dense(4, name="base", trainable=False),
                        BatchNormalization(name="norm"), Dense(1, name="head")])
    net = dlc.compile(model, train={"loss": "mse"})
    names = {name.split("/", 1)[1] for name in net.state if "/" in name}
    norm = {"norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance"}
    assert names == norm | {"head/kernel", "head/bias"}
    before = np.array(net.state[next(n for n in net.state if n.endswith("moving_mean"))])
    net.step(x, y.astype(np.float32))
    after = net.state[next(n for n in net.state if n.endswith("moving_mean"))]
    assert np.abs(after - before).max() > 0
    net = dlc.compile(model, train={"loss": "mse", "frozen": "*head*,*base*"})
    assert {n.split("/", 1)[1] for n in net.state if "/" in n} == norm


def test_numbers_become_what_the_op_takes():
    module = ir.Module()
    with module.function("f", x="tensor<4xf32>") as f:
        f.returns(y=dl.select(dl.greater(f.x, 0.0), 1.0, f.x),
                  z=dl.select([True, False, True, False], f.x, 0.5))
    with module.function("g", x="tensor<6x2xf32>") as f:
        a, b = dl.split(f.x, axis=0, sizes=[2, 4])
        f.returns(a=a, b=b, c=dl.gather(f.x, [1, 0]))
    with module.function("h", b="tensor<1x4x4xf32>", s="tensor<1x1x4xf32>") as f:
        f.returns(y=dl.non_max_suppression(f.b, f.s, 2, 0.5, 0.1))
    net = dlc.compile(module)
    y, z = net.f(np.array([-1, 2, -3, 4], np.float32))
    assert y.tolist() == [-1, 1, -3, 1] and z.tolist() == [-1, 0.5, -3, 0.5]
    x = np.arange(12, dtype=np.float32).reshape(6, 2)
    assert [v.tolist() for v in net.g(x)] == [x[:2].tolist(), x[2:].tolist(), x[1::-1].tolist()]
    boxes = np.array([[[0, 0, 1, 1], [0, 0, 1, 1.1], [2, 2, 3, 3], [5, 5, 6, 6]]], np.float32)
    kept = net.h(boxes, np.array([[[0.9, 0.8, 0.7, 0.05]]], np.float32))
    assert kept.tolist() == [[0, 0, 0], [0, 0, 2]]


def test_numbers_that_do_not_fit_are_told():
    module = ir.Module()
    with pytest.raises(ir.IRError, match=r"operand 'most' is \[2\], expected a number of type "
                                         r"i64"), \
            module.function("h", b="tensor<1x4x4xf32>", s="tensor<1x1x4xf32>") as f:
        dl.non_max_suppression(f.b, f.s, [2], 0.5, 0.1)


def test_export_keeps_frozen_layers(tmp_path):
    model = Sequential([Input(shape=(4,)), Dense(4, name="base", trainable=False),
                        Dense(1, name="head")])
    model.export(tmp_path / "m.so", train={"loss": "mse"})
    assert {n.split("/", 1)[1] for n in dlc.load(tmp_path / "m.so").state if "/" in n} == {
        "head/kernel", "head/bias"}


def test_deep_models_are_built_and_drawn():
    x = y = Input(shape=(2,))
    for _ in range(1200):
        y = y + x
    assert len(Model(x, y).plot()) == 1201


def test_fractions_are_no_indices():
    module = ir.Module()
    with pytest.raises(ir.IRError, match="are no elements of i64"), \
            module.function("f", x="tensor<4xf32>") as f:
        dl.gather(f.x, [0.7, 1.9])
