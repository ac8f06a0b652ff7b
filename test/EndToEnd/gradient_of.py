# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model's function `gradient` against central differences of its `value`, in f64.

python gradient_of.py model.mlir library.so [option of dlc ...]
"""

import sys

import numpy as np

import dlc

library = dlc.load(dlc.compile(sys.argv[1], sys.argv[2], options=sys.argv[3:]))
rng = np.random.default_rng(0)
inputs = [rng.normal(size=a.shape) for a in library.functions["value"].inputs]
worst = 0.0
for which, found in enumerate(library.gradient(*inputs)):
    x = inputs[which].reshape(-1)
    assert np.abs(found).max() > 1e-3, f"gradient {which} is all but 0"
    for place in range(x.size):
        before, values = x[place], []
        for step in (1, -1, 2, -2):
            x[place] = before + step * 1e-4
            values.append(float(library.value(*inputs)))
        x[place] = before
        wanted = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-4
        worst = max(worst, abs(found.reshape(-1)[place] - wanted) / np.abs(found).max())
print(f"largest relative error {worst:.1e}")
sys.exit(0 if worst <= 1e-8 else 1)
