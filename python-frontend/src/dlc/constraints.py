# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Constraints on weights after a step, by Keras's names."""

from . import _specs


class Constraint(_specs.Configured):
    """Changes weights after each step."""


NonNeg = _specs.make(Constraint, "NonNeg", "Negative weights become 0.", module=__name__)
MaxNorm = _specs.make(Constraint, "MaxNorm", "Norms along `axis` are at most max_value.",
                      module=__name__, max_value=2, axis=0)
UnitNorm = _specs.make(Constraint, "UnitNorm", "Norms along `axis` are 1.", module=__name__,
                       axis=0)
MinMaxNorm = _specs.make(Constraint, "MinMaxNorm", "Norms along `axis` are pulled into a range, "
                         "by a share `rate` of the way.", module=__name__, min_value=0.0,
                         max_value=1.0, rate=1.0, axis=0)
