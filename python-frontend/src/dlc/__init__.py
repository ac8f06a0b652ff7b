"""Compile networks with dlc and call the libraries with NumPy arrays.

    import dlc
    model = dlc.load(dlc.compile("model.mlir"))
    y = model.forward(x)
"""

from ._compile import CompileError, compile
from ._library import Context, Function, Library, LibraryError, load

__all__ = ["CompileError", "Context", "Function", "Library", "LibraryError",
           "compile", "load"]
__version__ = "0.1.0"

# Loaded when they are asked for: an import of dlc is quick.
_MODULES = {"constraints", "data", "dl", "initializers", "ir", "keras", "layers", "losses",
            "onnx_backend", "optimizers", "regularizers", "train"}


def __getattr__(name):
    if name in _MODULES:
        import importlib
        return importlib.import_module(f"dlc.{name}")
    raise AttributeError(f"module 'dlc' has no attribute '{name}'")


def __dir__():
    return sorted({*__all__, *_MODULES})
