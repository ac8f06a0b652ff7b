# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The pages of docs/ about front ends: their blocks run, in order."""

import re
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


NEEDS = {"keras.md": ["keras"], "python.md": [], "pytorch.md": ["torch", "onnxscript"],
         "jax.md": ["jax"], "scikit-learn.md": ["sklearn", "skl2onnx"]}


@pytest.mark.parametrize("page", NEEDS)
def test_page(page, tmp_path, monkeypatch):
    for package in NEEDS[page]:
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        exec(compile(block, page, "exec"), names)  # pylint: disable=exec-used
    if page == "keras.md":
        assert (tmp_path / "digits.so").exists() and len(names["history"].history["loss"]) == 2
    elif page != "python.md":
        assert (tmp_path / "model.so").exists() and (tmp_path / "model.h").exists()


def test_readme(tmp_path, monkeypatch):
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    block, = re.findall(r"^```python\n(import keras.*?)^```", text, re.MULTILINE | re.DOTALL)
    rng = np.random.default_rng(0)
    exec(block, {"x": rng.random((64, 28, 28, 1)), "y": rng.integers(0, 10, 64)})
    assert (tmp_path / "digits.so").exists() and (tmp_path / "digits.h").exists()
