# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Converts jaxprs to ops of dl: the emission, and one file for each kind of primitive."""

from . import (  # they register themselves
    bits,
    control,
    elementwise,
    gradients,
    indexing,
    order,
    products,
    randomness,
    shapes,
    special,
    windows,
)
from .emission import Emission, is_key
from .extents import is_number, solve
from .gradients import HiddenGradient
from .refusals import UnknownPrimitives, missing

__all__ = ["Emission", "HiddenGradient", "UnknownPrimitives", "bits", "control", "elementwise",
           "gradients", "indexing", "is_key", "is_number", "missing", "order", "products",
           "randomness", "shapes", "solve", "special", "windows"]
