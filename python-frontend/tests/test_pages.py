"""The pages of docs/ about front ends: their blocks run, in order."""

import re
from pathlib import Path

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
