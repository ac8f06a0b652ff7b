"""Optimisers by Keras's names, arguments and formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _specs

if TYPE_CHECKING:
    from typing import Any


class Optimizer(_specs.Configured):
    """The learning rate is a number, or a function of the number of steps so far."""

    def rate(self, step: int) -> float:
        rate = self._config["learning_rate"]
        return float(rate(step)) if callable(rate) else float(rate)


_COMMON: dict[str, Any] = {"weight_decay": None, "clipnorm": None, "clipvalue": None,
                           "global_clipnorm": None, "name": None}


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

_ALL = {c.__name__.lower(): c for c in (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax,
                                        Nadam, Lion)}


def get(which: str | Optimizer) -> Optimizer:
    """An optimiser of its name, or itself."""
    if isinstance(which, Optimizer):
        return which
    found = _ALL.get(str(which).lower())
    if not found:
        raise ValueError(f"optimizer '{which}' is none of {', '.join(_ALL)}")
    return found()
