# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of ONNX and of scikit-learn."""

import numpy as np
import pytest

import dlc

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


@pytest.fixture
def net(rng):
    """Gemm with transposed weights, Relu, Conv on an image and a MatMul, of free batch."""
    def tensor(name, *shape):
        return numpy_helper.from_array(rng.normal(size=shape).astype(np.float32) * 0.5, name)
    nodes = [helper.make_node("Conv", ["x", "filter"], ["c"], pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["c"], ["r"]), helper.make_node("Flatten", ["r"], ["f"]),
             helper.make_node("Gemm", ["f", "w", "b"], ["g"], transB=1),
             helper.make_node("Tanh", ["g"], ["t"]),
             helper.make_node("MatMul", ["t", "out"], ["y"])]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 3, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
        [tensor("filter", 4, 2, 3, 3), tensor("w", 5, 36), tensor("b", 5), tensor("out", 5, 3)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def reference(proto, x):
    from onnx.reference import ReferenceEvaluator
    return ReferenceEvaluator(proto).run(None, {"x": x})[0]


def test_predict_and_parameters(net, rng, tmp_path):
    onnx.save(net, tmp_path / "net.onnx")
    x = rng.normal(size=(4, 2, 3, 3)).astype(np.float32)
    for given in (tmp_path / "net.onnx", str(tmp_path / "net.onnx"), net, net.SerializeToString()):
        model = dlc.from_onnx(given)
        np.testing.assert_allclose(model(x), reference(net, x), atol=1e-5)
    assert list(model.parameters) == ["filter", "w", "b", "out"]
    assert "(x[N, 2, 3, 3]) -> y[N, 3], 272 parameters" in repr(model)
    model.parameters["w"] = np.zeros((5, 36))
    model.parameters["b"] = np.ones(5)
    want = np.tanh(np.ones((4, 5))) @ model.parameters["out"]
    np.testing.assert_allclose(model(x), want, atol=1e-5)
    with pytest.raises(ValueError,
                       match=r"parameter 'w' has shape \[5, 36\], the array given \[3\]"):
        model.parameters["w"] = np.zeros(3)
    with pytest.raises(KeyError, match="there is no parameter 'v'; there are filter, w"):
        model.parameters["v"] = np.zeros(3)


def test_step_of_sgd(net, rng):
    """A step against differences in f64; filters and weights are in ONNX's own layout."""
    x, y = rng.normal(size=(6, 2, 3, 3)), rng.normal(size=(6, 3))
    model = dlc.from_onnx(net)
    before = {n: v.astype(np.float64) for n, v in model.parameters.items()}
    step = model.step_function(loss="mse", optimizer="sgd", rate=0.1)
    loss = step(x, y)

    def value(p):
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
        c = np.maximum(np.einsum("nihwkl,oikl->nohw", windows, p["filter"]), 0)
        t = np.tanh(c.reshape(6, -1) @ p["w"].T + p["b"])
        return np.mean((t @ p["out"] - y) ** 2)
    assert abs(loss - value(before)) < 1e-5
    for name, old in before.items():
        at = tuple(rng.integers(0, e) for e in old.shape)
        moved = {n: v.copy() for n, v in before.items()}
        moved[name][at] += 1e-5
        slope = (value(moved) - value(before)) / 1e-5
        assert abs(model.parameters[name][at] - (old[at] - 0.1 * slope)) < 1e-4, name


def test_frozen_parameters_have_their_values(net, rng):
    """Before the first step, after it, and when they are changed from outside."""
    x, y = rng.normal(size=(6, 2, 3, 3)).astype(np.float32), rng.normal(size=(6, 3))
    model = dlc.from_onnx(net)
    words = {"loss": "mse", "optimizer": "sgd", "rate": 0.1, "frozen": "filter"}

    def loss():
        return np.square(model(x) - y).mean()

    for _ in range(2):
        before = {n: v.copy() for n, v in model.parameters.items()}
        want = loss()
        assert np.isclose(model.step_function(**words)(x, y), want, rtol=1e-5)
        assert np.array_equal(model.parameters["filter"], before["filter"])
        assert not np.array_equal(model.parameters["w"], before["w"])
        assert loss() < want
        model.parameters["filter"] = before["filter"] * 0.5


def test_fit_goes_on(net, rng):
    x = rng.normal(size=(64, 2, 3, 3)).astype(np.float32)
    y = np.tanh(x.sum((2, 3)) @ rng.normal(size=(2, 3))).astype(np.float32)
    model = dlc.from_onnx(net)
    history = model.fit(x, y, loss="mse", epochs=5, rate=0.01, validation_split=0.25)
    assert history[-1]["loss"] < history[0]["loss"] and len(history) == 5
    after = model(x)
    more = model.fit(x, y, loss="mse", epochs=1, rate=0.01)
    assert more[0]["loss"] < history[0]["loss"]
    assert not np.array_equal(model(x), after)
    again = dlc.from_onnx(model.SerializeToString())
    np.testing.assert_allclose(again(x), model(x), atol=1e-6)
    # What a user writes between two calls is learnt from.
    model.parameters["out"] = np.zeros((5, 3))
    assert abs(model.step_function(loss="mse", rate=0.01)(x, y) - np.mean(y ** 2)) < 1e-5


def test_no_model(tmp_path):
    (tmp_path / "x.onnx").write_text("hello")
    for path, words in ((tmp_path / "none.onnx", "cannot read .*none.onnx"),
                        (tmp_path / "x.onnx", "x.onnx is no ONNX model")):
        with pytest.raises(dlc.CompileError, match=words):
            dlc.from_onnx(path)


def test_nothing_learns(rng):
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])])
    model = dlc.from_onnx(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                            ir_version=8))
    with pytest.raises(dlc.CompileError):
        model.fit(np.ones((2, 3)), np.ones((2, 3)), loss="mse", batch_size=2)


#--- scikit-learn ----------------------------------------------------------------------


def sklearn_cases():
    pytest.importorskip("skl2onnx")
    from sklearn import (
        decomposition,
        ensemble,
        linear_model,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )
    return {
        "linear": linear_model.LinearRegression(),
        "ridge": linear_model.Ridge(),
        "mlp": neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0),
        "scaled": pipeline.make_pipeline(preprocessing.StandardScaler(),
                                         linear_model.LinearRegression()),
        "reduced": pipeline.make_pipeline(decomposition.PCA(2), linear_model.Ridge()),
        "logistic": linear_model.LogisticRegression(max_iter=50),
        "mlp classifier": neural_network.MLPClassifier(hidden_layer_sizes=(8,), max_iter=20,
                                                       random_state=0),
        "scaled logistic": pipeline.make_pipeline(preprocessing.MinMaxScaler(),
                                                  linear_model.LogisticRegression()),
        "tree": tree.DecisionTreeClassifier(max_depth=4, random_state=0),
        "boosted": ensemble.GradientBoostingRegressor(n_estimators=5, random_state=0),
        "svm": svm.SVR(),
    }


LEARNT = ["linear", "ridge", "mlp", "scaled", "reduced", "logistic", "mlp classifier",
          "scaled logistic"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LEARNT)
def test_sklearn(name, rng):
    estimator = sklearn_cases()[name]
    x = rng.normal(size=(60, 4)).astype(np.float32)
    target = x @ rng.normal(size=4)
    classes = hasattr(estimator, "predict_proba")
    estimator.fit(x, (target > 0).astype(int) if classes else target)
    found = dlc.from_sklearn(estimator)(x)
    if classes:
        np.testing.assert_array_equal(found[0], estimator.predict(x))
        np.testing.assert_allclose(found[1], estimator.predict_proba(x), atol=1e-5)
    else:
        np.testing.assert_allclose(found.ravel(), estimator.predict(x), atol=1e-4)


@pytest.mark.parametrize("name, operator", [("tree", "ai.onnx.ml.TreeEnsembleClassifier"),
                                            ("boosted", "ai.onnx.ml.TreeEnsembleRegressor"),
                                            ("svm", "SVMRegressor")])
def test_sklearn_refused(name, operator, rng):
    """What has no operator in dlc is named."""
    estimator = sklearn_cases()[name]
    x = rng.normal(size=(60, 4)).astype(np.float32)
    estimator.fit(x, (x.sum(1) > 0).astype(int))
    with pytest.raises(dlc.CompileError, match=operator):
        dlc.from_sklearn(estimator)(x)


def test_sklearn_unfitted():
    pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LinearRegression
    with pytest.raises(ValueError, match="does not say how many columns"):
        dlc.from_sklearn(LinearRegression())
