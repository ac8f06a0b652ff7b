# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A neuron of McCulloch and Pitts decides AND, with outputs 0 and 1, with -1 and +1, and as a
threshold that became the weight of a constant input."""

import numpy as np

import dlc
from dlc import dl, ir

module = ir.Module()
module.add_global("w", np.ones((2, 1), np.float32))
module.add_global("b", np.float32([-1.5]))
module.add_global("w_with_threshold", np.float32([[-2], [1], [1]]))  # w0 = -2: the threshold is 2
with module.function("predict", x="tensor<?x2xf32>", x_with_one="tensor<?x3xf32>") as f:
    z = dl.dense(f.x, module.load("w"), module.load("b"))
    fires = dl.cast(dl.greater(z, 0.0), to="f32")
    z = dl.dense(f.x_with_one, module.load("w_with_threshold"))
    reaches = dl.cast(dl.greater_equal(z, 0.0), to="f32")
    f.returns(zero_one=fires, minus_plus=fires * 2.0 - 1.0, threshold=reaches * 2.0 - 1.0)

TRAINS, MODEL = False, module

x = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]])
zero_one, minus_plus, threshold = dlc.compile(module).predict(
    x, np.concatenate([np.ones((4, 1), np.float32), x], axis=1))
assert zero_one[:, 0].tolist() == [0, 0, 0, 1]
assert minus_plus[:, 0].tolist() == threshold[:, 0].tolist() == [-1, -1, -1, 1]
FIGURE = "AND of 00, 01, 10, 11: " + " ".join(f"{y:.0f}" for y in zero_one[:, 0])
print(FIGURE)
