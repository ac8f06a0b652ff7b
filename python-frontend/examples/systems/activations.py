# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The activations at points whose values are known. The derivative of softplus is the logistic
function, tanh z = 2 logistic(2 z) - 1, and no finite input makes softmax overflow."""

import numpy as np

import dlc
from dlc import dl, ir

NAMES = ["linear", "unit_step", "sign", "piecewise_linear", "sigmoid", "tanh", "relu", "softplus"]
POINTS = "tensor<5xf32>"
module = ir.Module()
with module.function("predict", z=POINTS) as f:
    f.returns(**{name: getattr(dl, name)(f.z) for name in NAMES})
with module.function("softmax", z="tensor<7xf32>") as f:
    f.returns(y=dl.softmax(f.z))
with module.function("identity", z=POINTS) as f:
    f.returns(y=dl.sigmoid(f.z * 2.0) * 2.0 - 1.0)
with module.function("sum_of_softplus", public=False, z=POINTS) as f:
    f.returns(y=dl.reduce_sum(dl.softplus(f.z)))
with module.function("slope_of_softplus", z=POINTS) as f:
    f.returns(y=module.op("dl.grad", [f.z], callee="sum_of_softplus", types=[POINTS]))

TRAINS, MODEL = False, module

library, z = dlc.compile(module), np.float32([-2, -0.25, 0, 0.25, 2])
y = dict(zip(NAMES, library.predict(z)))
e = np.exp(-z.astype(np.float64))
known = [z, [0, 0, 0.5, 1, 1], [-1, -1, 0, 1, 1], [0, 0.25, 0.5, 0.75, 1], 1 / (1 + e),
         (1 - e * e) / (1 + e * e), [0, 0, 0, 0.25, 2], np.log(1 + 1 / e)]
assert all(np.allclose(y[name], value, atol=1e-6) for name, value in zip(NAMES, known))
assert np.allclose(library.slope_of_softplus(z), y["sigmoid"], atol=1e-6)
assert np.allclose(library.identity(z), y["tanh"], atol=1e-6)
p = library.softmax(np.float32([1, 2, 3, 4, 1, 2, 3]))
assert p.round(3).tolist() == np.float32([.024, .064, .175, .475, .024, .064, .175]).tolist()
assert np.isfinite(library.softmax(np.float32([3e38, -3e38, 3e38, 0, 1, 2, 3]))).all()
FIGURE = "softmax of 1 2 3 4 1 2 3: " + " ".join(f"{v:.3f}" for v in p)
print(FIGURE)
