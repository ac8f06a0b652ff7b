# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Penalties on weights, by Keras's names."""

from . import _specs


class Regularizer(_specs.Configured):
    """Adds to the loss."""


L1 = _specs.make(Regularizer, "L1", "l1 times the sum of absolute values.", module=__name__,
                 l1=0.01)
L2 = _specs.make(Regularizer, "L2", "l2 times the sum of squares.", module=__name__, l2=0.01)
L1L2 = _specs.make(Regularizer, "L1L2", "Both.", module=__name__, l1=0.0, l2=0.0)
