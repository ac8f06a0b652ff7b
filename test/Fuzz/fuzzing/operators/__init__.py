# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operators from which graphs are drawn: one file per family."""

from . import control, elementwise, layers, recurrent, reductions, shape, indexing  # noqa: F401
