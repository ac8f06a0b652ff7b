# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Converts arrays of float64 to float32 where that is computed, with one warning."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_HERE = os.path.dirname(__file__) + os.sep


class Converted:
    """Warns once that arrays are converted to float32."""

    def __init__(self, name: str) -> None:
        self._name, self._is_told = name, False

    def tell(self, arrays: Sequence[Any], wanted: Sequence[Any]) -> None:
        """arrays: the given arrays; wanted: the element type of each."""
        given = [str(getattr(a, "dtype", "")) for a in arrays]
        if not self._is_told and any(g == "float64" and np.dtype(w) == np.float32
                                     for g, w in zip(given, wanted)):
            self._is_told = True
            level = 1
            while sys._getframe(level - 1).f_code.co_filename.startswith(_HERE):
                level += 1  # the first line outside dlc
            warnings.warn(f"{self._name} takes float32, arrays of float64 are converted in each "
                          "call; give x.astype(numpy.float32)", stacklevel=level)
