# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The notebooks run from their first cell to their last."""

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NEEDS = {"keras": ["keras", "jax"], "pytorch": ["torch", "onnxscript"], "jax": ["jax"],
         "scikit-learn": ["skl2onnx"]}


@pytest.mark.parametrize("name", sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb")))
def test_notebook(name, tmp_path, monkeypatch):
    for package in [*NEEDS[name], "matplotlib", "pandas", "sklearn", "ipykernel"]:
        pytest.importorskip(package)
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    told = [c.source for c in book.cells if c.cell_type == "code" and not c.outputs]
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3",
                            resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [o for c in book.cells for o in c.get("outputs", ())
                if "image/png" in o.get("data", ()) or "image/svg+xml" in o.get("data", ())]
    assert pictures, "a notebook shows something"
    assert not [t for t in told if t.rstrip().endswith("plot();")], \
        "kept with the pictures: jupyter execute --inplace"
