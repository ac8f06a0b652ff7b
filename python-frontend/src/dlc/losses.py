# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses by Keras's names. A string works as well: `loss="mse"`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _specs
from ._emit.losses import LOSSES, full_name

if TYPE_CHECKING:
    from typing import Any

    def __getattr__(name: str) -> type[Loss]:
        """The classes that are created below."""


class Loss(_specs.Configured):
    """A quantity that training minimises."""


_FOCAL = {"alpha": 0.25, "gamma": 2.0, "from_logits": False, "label_smoothing": 0.0, "axis": -1}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "huber": {"delta": 1.0},
    "binary_crossentropy": {"from_logits": False, "label_smoothing": 0.0},
    "categorical_crossentropy": {"from_logits": False, "label_smoothing": 0.0, "axis": -1},
    "sparse_categorical_crossentropy": {"from_logits": False, "ignore_class": None, "axis": -1},
    "binary_focal_crossentropy": {"apply_class_balancing": False, **_FOCAL},
    "categorical_focal_crossentropy": _FOCAL,
    "categorical_generalized_crossentropy": {"q": 0.5}, "dice": {"axis": None},
    "tversky": {"alpha": 0.5, "beta": 0.5, "axis": None},
    "circle": {"gamma": 80.0, "margin": 0.4, "remove_diagonal": True}}
_NAMES = {"kl_divergence": "KLDivergence", "log_cosh": "LogCosh", "ctc": "CTC",
          "categorical_generalized_crossentropy": "CategoricalGeneralizedCrossEntropy"}

for _name in LOSSES:
    _class = _NAMES.get(_name) or "".join(w.capitalize() for w in _name.split("_"))
    globals()[_class] = _specs.make(Loss, _class, _name.replace("_", " "), module=__name__,
                                    **_PARAMETERS.get(_name, {}),
                                    reduction="sum_over_batch_size", name=None)


def named(which: str | Loss) -> tuple[str, dict[str, Any]]:
    """(name, configuration) of a loss as given to `compile`."""
    config = {}
    if isinstance(which, Loss):
        config = {k: v for k, v in which.get_config().items() if k != "name" and v is not None}
        which = type(which).__name__
    name = full_name(which)
    if name not in LOSSES:
        raise ValueError(f"loss '{which}' is none of {', '.join(sorted(LOSSES))}")
    return name, config
