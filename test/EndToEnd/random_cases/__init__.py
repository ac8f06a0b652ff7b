# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random configurations of every op of dl, with the answers of NumPy in f64: one file per family.
`OPS` maps an op to a function that draws one Case."""

from . import (elementwise, indexing, normalization, products, recurrent, reductions, shape,
               training, windows)

OPS = {}
for _family in (elementwise, products, windows, normalization, shape, reductions, indexing,
                recurrent, training):
    OPS.update(_family.OPS)
