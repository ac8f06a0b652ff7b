# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples run as they are, and with nothing but their imports changed to Keras's."""

import re
import runpy
import sys
from pathlib import Path

import c_program
import numpy as np
import pytest

import dlc

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NAMES = sorted(p.stem for p in EXAMPLES.glob("*.py") if p.stem != "series")
# Without counterpart in Keras: neurons that decide, and their rule.
OWN = {"perceptron", "adaline"}
NEEDS = {"jax_scan": ["jax"], "keras_densenet": ["keras"], "keras_own_layer": ["keras"],
         "torch_resnet": ["torch", "onnxscript", "sklearn"]}


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)


def falls(names):
    if "history" in names:
        losses = names["history"]["loss"]
        assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_example(name, tmp_path):
    dlc.layers.set_random_seed(1)
    names = runpy.run_path(str(EXAMPLES / f"{name}.py"))
    falls(names)
    model = names["model"]
    path = tmp_path / "model.so"
    library = dlc.load(model.export(path))
    function = library.functions["predict"]
    rng = np.random.default_rng(0)
    (x,) = (rng.integers(0, 9, [8 if e is None else e for e in a.shape]).astype(a.dtype)
            for a in function.inputs)
    y = function(x)
    assert np.allclose(y, model.predict(x), atol=1e-6)
    assert np.array_equal(c_program.run(path, function, [x], y, tmp_path)[0], y)


@pytest.mark.parametrize("name", sorted(set(NAMES) - OWN))
def test_example_with_keras(name, tmp_path):
    import keras
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    words = re.search(r"^from dlc.layers import (.*)$", text, re.MULTILINE).group(1)
    own = {"Sequential", "Model", "Input"}
    given = words.split(", ")
    lines = (f"from keras import {', '.join(w for w in given if w in own)}\n"
             f"from keras.layers import {', '.join(w for w in given if w not in own)}")
    text = text.replace(f"from dlc.layers import {words}", lines)
    text = text.replace("model.compile(", "import dlc.keras\ndlc.keras.accelerate(model)\n"
                        "model.compile(")
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    keras.utils.set_random_seed(1)
    falls(runpy.run_path(str(path)))
    assert "keras" in sys.modules


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_example_of_a_framework(name, tmp_path):
    for package in NEEDS[name]:
        pytest.importorskip(package)
    names = runpy.run_path(str(EXAMPLES / "frameworks" / f"{name}.py"))
    model, path = names["model"], tmp_path / "model.so"
    if "keras" in NEEDS[name]:
        dlc.keras.export(model, path)
    else:
        model.export(path)
    function = next(iter(dlc.load(path).functions.values()))
    x = np.ascontiguousarray(names["x"][:8], np.float32)
    y = function(x)
    assert np.allclose(y, model.predict(x), atol=1e-5)
    assert np.array_equal(c_program.run(path, function, [x], y, tmp_path)[0], y)
