# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What signals of examples are made of: sums of two waves, and the value that follows."""

import numpy as np


def waves(count, steps, seed=0):
    """Windows of `steps` values `[count, steps, 1]`, and the next value of each `[count, 1]`."""
    rng = np.random.default_rng(seed)
    period, phase = rng.uniform(8, 20, (2, count, 1)), rng.uniform(0, 6, (2, count, 1))
    t = np.arange(steps + 1)
    x = (np.sin(2 * np.pi * t / period + phase) * np.array([1.0, 0.4])[:, None, None]).sum(0)
    return x[:, :-1, None].astype(np.float32), x[:, -1:].astype(np.float32)
