# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two libraries of one layer, tiled differently, give the same numbers, bit for bit."""

import numpy as np

import dlc

random = np.random.default_rng(0)
x = random.standard_normal((64, 256), dtype=np.float32)
w = random.standard_normal((256, 96), dtype=np.float32)
chosen, edited = (dlc.load(f"./{name}.so").layer(x, w) for name in ("chosen", "edited"))
print("the same bits:", np.array_equal(chosen, edited))
print("as NumPy:", np.allclose(edited, np.maximum(x @ w, 0), atol=1e-4))
