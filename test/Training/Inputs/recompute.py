# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rematerialised layers: the same values in less memory. Run next to all/net.so and less/net.so and
the programs that print how much memory a context of each requests."""

import subprocess

import numpy as np

import dlc

rng = np.random.default_rng(0)
x = rng.normal(size=(32, 16, 16, 3)).astype(np.float32)
labels = rng.integers(0, 5, 32)


def learn(path):
    net = dlc.load(path)
    net.initialize(np.array(1, np.int64))
    losses = [float(net.step(x, labels)) for _ in range(5)]
    return losses, {name: np.array(array) for name, array in net.state.items()}


def workspace(program):
    return int(subprocess.run(program, capture_output=True, check=True).stdout)


losses, state = learn("all/net.so")
losses_again, state_again = learn("less/net.so")
assert losses[-1] < losses[0], losses
# Sums may round in another order.
np.testing.assert_allclose(losses_again, losses, rtol=1e-5)
for name, array in state.items():
    np.testing.assert_allclose(state_again[name], array, rtol=1e-4, atol=1e-5, err_msg=name)
print("same numbers")
share = workspace("less/workspace") / workspace("all/workspace")
print(f"{100 * share:.0f} % of the memory")
assert share < 0.75, share
