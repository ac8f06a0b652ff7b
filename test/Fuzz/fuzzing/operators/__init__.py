"""The operators that graphs are drawn of: a file for each family."""

from . import control, elementwise, layers, recurrent, reductions, shape, indexing  # noqa: F401
