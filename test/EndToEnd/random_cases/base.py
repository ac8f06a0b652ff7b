# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the random cases of all families share."""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np


DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16,
          "bf16": ml_dtypes.bfloat16, "i32": np.int32, "i64": np.int64,
          "i1": np.bool_, "i8": np.int8, "i16": np.int16, "ui8": np.uint8,
          "ui16": np.uint16, "ui32": np.uint32, "ui64": np.uint64}
INTEGERS = ["i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64"]


@dataclass
class Case:
    """One configuration. In `text` the operands are %0, %1, ..., and their types {T0}, {T1}."""
    text: str
    inputs: list          # (element type, array)
    expected: object      # array or list of arrays, f64 or exact integers
    results: list         # element types of the results
    scale: object = None  # the sum of magnitudes, for sums
    fixed: set = field(default_factory=set)  # (input, dimension) never `?`
    setup: str = ""       # lines before the op, such as index constants


class Generator:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def integer(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def chance(self, p):
        return self.rng.random() < p

    def choice(self, values):
        return values[self.integer(0, len(values) - 1)]

    def float_type(self):
        return self.choice(["f32", "f32", "f32", "f64", "f16", "bf16"])

    def shape(self, low=1, high=4, most=40):
        rank = self.integer(low, high)
        shape = [self.integer(1, 7) for _ in range(rank)]
        if rank:
            shape[self.integer(0, rank - 1)] = self.integer(1, most)
            shape[-1] = self.integer(1, most)
        return shape

    def array(self, element, shape, low=-4.0, high=4.0):
        if element == "i1":
            return np.asarray(self.rng.random(shape) < 0.5)
        if element in INTEGERS:
            least, past = (0, 200) if element[0] == "u" else (-9, 10)
            return np.asarray(self.rng.integers(least, past, shape)).astype(
                DTYPES[element])
        return np.asarray(self.rng.uniform(low, high, shape)).astype(
            DTYPES[element])

    def broadcast_shapes(self, count=2):
        """Shapes that broadcast, and which of their dimensions are broadcast (and must be static).
        """
        full = self.shape(1, 4)
        shapes = []
        for _ in range(count):
            skipped = self.integer(0, len(full)) if self.chance(0.3) else 0
            shapes.append([1 if self.chance(0.2) else e for e in full[skipped:]])
        return shapes


def wide(array):
    return np.asarray(array).astype(np.float64)


EXACT = [*INTEGERS, "i1"]

ANY = list(DTYPES)


def exact(t, y):
    return y if t in EXACT else wide(y)
