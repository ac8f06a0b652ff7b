# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An LSTM whose gates multiply [a(t-1), x(t)] by one matrix each and add a bias, written as a cell
of one's own; it gives the numbers of the four-gate layer when the weights correspond."""

import numpy as np

import dlc
from dlc import dl, ir

rng, module = np.random.default_rng(0), ir.Module()
w = {gate: rng.normal(0, 0.4, (8 + 6, 8)).astype(np.float32) for gate in "ufco"}  # update, forget
b = {gate: rng.normal(0, 0.4, 8).astype(np.float32) for gate in "ufco"}

with module.function("concatenated", x="tensor<?x3x6xf32>") as f:
    zeros = module.constant(np.zeros((3, 8), np.float32))
    with module.region(zeros.type, zeros.type, "tensor<3x6xf32>") as (a, c, x):
        both = dl.concat([a, x], axis=1)
        update, forget, candidate, output = (dl.dense(both, w[gate], b[gate]) for gate in "ufco")
        c = dl.sigmoid(forget) * c + dl.sigmoid(update) * dl.tanh(candidate)
        a = dl.sigmoid(output) * dl.tanh(c)
        module.op("dl.yield", [a, c], [a])
    _, _, y = module.op("dl.scan", [zeros, zeros], [f.x], regions=1, sizes=[2, 1, 0],
                        types=[zeros.type, zeros.type, "tensor<?x3x8xf32>"])
    f.returns(y=y)
with module.function("four_gates", x="tensor<?x3x6xf32>") as f:
    y, _, _ = dl.lstm(f.x, np.concatenate([w[gate][8:] for gate in "ufco"], axis=1),
                      np.concatenate([w[gate][:8] for gate in "ufco"], axis=1),
                      np.concatenate([b[gate] for gate in "ufco"]))
    f.returns(y=y)
TRAINS, MODEL = False, module

library, x = dlc.compile(module), rng.standard_normal((20, 3, 6)).astype(np.float32)
error = np.abs(library.concatenated(x) - library.four_gates(x)).max()
assert error < 1e-6
FIGURE = f"both forms differ by {error:.0e} at most over 20 steps"
print(FIGURE)
