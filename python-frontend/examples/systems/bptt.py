# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Back-propagation through time: the gradient of weights that all steps share is the sum over the
unrolled steps. What reaches the first step vanishes or explodes; clipping bounds it."""

import numpy as np

import dlc
from dlc import dl, ir

X, U, US = "tensor<30x1x8xf32>", "tensor<8x8xf32>", "tensor<30x8x8xf32>"
module = ir.Module()
with module.function("rnn", public=False, x=X, u=U) as f:
    _, h = dl.rnn(f.x, np.eye(8, dtype=np.float32), f.u)
    f.returns(y=dl.reduce_sum(h))
with module.function("unrolled", public=False, x=X, us=US) as f:  # weights of its own for each step
    h = module.constant(np.zeros((1, 8), np.float32))
    for t in range(30):
        h = dl.tanh(dl.gather(f.x, t) + h @ dl.gather(f.us, t))
    f.returns(y=dl.reduce_sum(h))
with module.function("gradient", x=X, u=U) as f:
    dx, du = module.op("dl.grad", [f.x, f.u], callee="rnn", types=[X, U])
    f.returns(dx=dx, du=du, clipped=dl.clip_by_global_norm([du], limit=1.0))
with module.function("gradient_of_steps", x=X, us=US) as f:
    f.returns(dus=module.op("dl.grad", [f.x, f.us], callee="unrolled", wrt=[1], types=[US]))
TRAINS, MODEL = False, module

library, rng, told = dlc.compile(module), np.random.default_rng(0), []
x = 0.01 * rng.standard_normal((30, 1, 8)).astype(np.float32)
rotation = np.linalg.qr(rng.standard_normal((8, 8)))[0].astype(np.float32)
for size in (0.5, 1.0, 1.5):
    dx, du, clipped = library.gradient(x, size * rotation)
    by_step = library.gradient_of_steps(x, np.tile(size * rotation, (30, 1, 1)))
    assert np.allclose(by_step.sum(0), du, rtol=1e-3, atol=1e-4 * np.abs(du).max())
    assert np.linalg.norm(clipped) < 1.001
    told.append(np.linalg.norm(dx[0]) / np.linalg.norm(dx[-1]))
assert told[0] < 1e-6 and 0.5 < told[1] < 2 and told[2] > 10
FIGURE = "first step's gradient over the last's, weights of size 0.5, 1, 1.5: " + ", ".join(
    f"{ratio:.1g}" for ratio in told)
print(FIGURE)
