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
