# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A recurrent network as a function of JAX, with its steps in a scan, learns and leaves."""

import jax
import jax.numpy as jnp
import numpy as np

import dlc

SIZE = 16
rng = np.random.default_rng(1)
parameters = {"w": rng.normal(0, 0.5, (1, SIZE)), "u": rng.normal(0, 0.2, (SIZE, SIZE)),
              "v": rng.normal(0, 0.3, (SIZE, 1))}
parameters = {name: jnp.asarray(value, jnp.float32) for name, value in parameters.items()}


def predict(parameters, x):
    """What follows the steps of x, `[batch, steps, 1]`."""
    def step(h, now):
        return jnp.tanh(now @ parameters["w"] + h @ parameters["u"]), None
    h, _ = jax.lax.scan(step, jnp.zeros((x.shape[0], SIZE)), jnp.swapaxes(x, 0, 1))
    return h @ parameters["v"]


t = np.arange(21) * 0.3 + rng.uniform(0, 6, (512, 1))
x, y = np.sin(t[:, :-1, None]).astype(np.float32), np.sin(t[:, -1:]).astype(np.float32)
model = dlc.from_jax(predict, x[:4], parameters=parameters)
history = model.fit(x, y, loss="mse", optimizer="adam", rate=0.01, epochs=15)
losses = [epoch["loss"] for epoch in history]
print(f"loss {losses[0]:.3f} to {losses[-1]:.4f}")
assert losses[-1] < 0.02
assert np.allclose(predict(model.tree, x[:32]), model.predict(x[:32]), atol=1e-5)
