# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile networks with dlc and call the libraries with NumPy arrays.

    import dlc
    model = dlc.compile("model.mlir")
    y = model.forward(x)
"""

from __future__ import annotations

from typing import Any

from ._compile import CompileError, compile
from ._library import Context, Function, Library, LibraryError, load

# Loaded on first use, so that importing dlc is quick.
_MODULES = {"constraints", "data", "dl", "initializers", "ir", "jax", "keras", "layers", "losses",
            "onnx_backend", "optimizers", "regularizers", "torch", "train"}
_FUNCTIONS = {"from_jax": "jax", "from_onnx": "_onnx", "from_sklearn": "_onnx",
              "from_torch": "torch", "grad": "jax"}
__all__ = ["CompileError", "Context", "Function", "Library", "LibraryError",
           "compile", "load", *_FUNCTIONS]


def __getattr__(name: str) -> Any:
    import importlib
    if name == "__version__":
        return importlib.import_module("dlc._version").version()
    if name in _MODULES:
        return importlib.import_module(f"dlc.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"dlc.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module 'dlc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({"__version__", *__all__, *_MODULES})
