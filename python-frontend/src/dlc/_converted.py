"""Arrays of float64 where float32 is computed: converted, and said once."""

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
    """Says once that numbers are made float32."""

    def __init__(self, name: str) -> None:
        self._name, self._is_told = name, False

    def tell(self, arrays: Sequence[Any], wanted: Sequence[Any]) -> None:
        """arrays: what is given; wanted: the elements of each."""
        given = [str(getattr(a, "dtype", "")) for a in arrays]
        if not self._is_told and any(g == "float64" and np.dtype(w) == np.float32
                                     for g, w in zip(given, wanted)):
            self._is_told = True
            level = 1
            while sys._getframe(level - 1).f_code.co_filename.startswith(_HERE):
                level += 1  # to the line that is not dlc's own
            warnings.warn(f"{self._name} takes float32, arrays of float64 are converted in each "
                          "call; give x.astype(numpy.float32)", stacklevel=level)
