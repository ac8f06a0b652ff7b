# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimisers by Keras's names, arguments and formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import _specs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Optimizer(_specs.Configured):
    """The learning rate is a number, or a function of the number of steps so far.

    use_ema: whether weights are replaced by their moving averages after the last epoch, and every
    ema_overwrite_frequency steps. gradient_accumulation_steps: the number of batches per step.
    """

    def rate(self, step: int) -> float:
        rate = self._config["learning_rate"]
        return float(rate(step)) if callable(rate) else float(rate)

    def exclude_from_weight_decay(self, var_list: Iterable[str] | None = None,
                                  var_names: Iterable[str] | None = None) -> None:
        """Excludes weights from weight decay. var_list: names as in `model.weights`; var_names:
        words, such as `bias`, that match in the last part of a name. Call it before `compile`."""
        self._kept = list(var_list or ()), list(var_names or ())

    @property
    def kept(self) -> tuple[list[str], list[str]]:
        """Weights, and words in names of weights, that are excluded from weight decay."""
        found: tuple[list[str], list[str]] = self.__dict__.get("_kept", ([], []))
        return found

    def decays(self, name: str) -> bool:
        """Whether weight decay applies to this weight."""
        names, words = self.kept
        return name not in names and not any(re.search(w, name.rpartition("/")[2]) for w in words)

    @property
    def is_scheduled(self) -> bool:
        return callable(self._config["learning_rate"])


_COMMON: dict[str, Any] = {"weight_decay": None, "clipnorm": None, "clipvalue": None,
                           "global_clipnorm": None, "use_ema": False, "ema_momentum": 0.99,
                           "ema_overwrite_frequency": None, "loss_scale_factor": None,
                           "gradient_accumulation_steps": None, "name": None}


def _optimizer(name: str, doc: str, /, **defaults: Any) -> type[Optimizer]:
    return _specs.make(Optimizer, name, doc, module=__name__, **defaults, **_COMMON)


SGD = _optimizer("SGD", "Gradient descent, with momentum if wanted.", learning_rate=0.01,
                 momentum=0.0, nesterov=False)
Adam = _optimizer("Adam", "Adam (Kingma and Ba, 2015); epsilon stands outside of the corrected "
                  "root.", learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
                  amsgrad=False)
AdamW = _specs.make(Optimizer, "AdamW", "Adam whose decay is taken off the weights.",
                    module=__name__, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
                    amsgrad=False, **{**_COMMON, "weight_decay": 0.004})
RMSprop = _optimizer("RMSprop", "RMSprop (Hinton, 2012).", learning_rate=0.001, rho=0.9,
                     momentum=0.0, epsilon=1e-7, centered=False)
Adagrad = _optimizer("Adagrad", "Adagrad (Duchi et al., 2011).", learning_rate=0.001,
                     initial_accumulator_value=0.1, epsilon=1e-7)
Adadelta = _optimizer("Adadelta", "Adadelta (Zeiler, 2012).", learning_rate=0.001, rho=0.95,
                      epsilon=1e-7)
Adamax = _optimizer("Adamax", "Adam with the largest gradient for its scale.",
                    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
Nadam = _optimizer("Nadam", "Adam with Nesterov's momentum (Dozat, 2016).", learning_rate=0.001,
                   beta_1=0.9, beta_2=0.999, epsilon=1e-7)
Lion = _optimizer("Lion", "The sign of an average (Chen et al., 2023).", learning_rate=0.001,
                  beta_1=0.9, beta_2=0.99)
Ftrl = _optimizer("Ftrl", "Follow the regularised leader (McMahan et al., 2013).",
                  learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                  l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                  l2_shrinkage_regularization_strength=0.0, beta=0.0)
Lamb = _optimizer("Lamb", "Adam whose steps are as long as a tensor is large (You et al., 2019).",
                  learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
Adafactor = _optimizer("Adafactor", "Squares of gradients by their rows and columns (Shazeer and "
                       "Stern, 2018).", learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30,
                       epsilon_2=1e-3, clip_threshold=1.0, relative_step=True)
ScheduleFreeAdamW = _optimizer(
    "ScheduleFreeAdamW", "AdamW of a mean, which needs no schedule (Defazio et al., 2024).",
    learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0)
Muon = _specs.make(
    Optimizer, "Muon", "Momentum made orthogonal (Jordan, 2024), of matrices but embeddings; Adam "
    "of all else and of weights whose names have one of exclude_layers.", module=__name__,
    learning_rate=0.001, adam_beta_1=0.9, adam_beta_2=0.999, adam_weight_decay=0.004,
    epsilon=1e-7, **{**_COMMON, "weight_decay": 0.004}, exclude_layers=None,
    exclude_embeddings=True, muon_a=3.4445, muon_b=-4.7750, muon_c=2.0315, adam_lr_ratio=1,
    momentum=0.95, ns_steps=5, nesterov=True, rms_rate=0.2)

_ALL = {c.__name__.lower(): c for c in (
    SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, Nadam, Lion, Ftrl, Lamb, Adafactor,
    ScheduleFreeAdamW, Muon)}


def get(which: str | Optimizer) -> Optimizer:
    """The optimiser of this name, or the optimiser itself."""
    if isinstance(which, Optimizer):
        return which
    found = _ALL.get(str(which).lower())
    if not found:
        raise ValueError(f"optimizer '{which}' is none of {', '.join(_ALL)}")
    return found()
