# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The steps of a model as configured by `compile`, and the state of optimisers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._emit.losses import BY_DATA
from .._emit.updating import AVERAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy.typing as npt

    from .._emit.emitter import Config, Weight
    from .._emit.training import Output
    from .._steps import Steps
    from ..optimizers import Optimizer

UNTRAINED: tuple[str, Config] = ("sgd", {})  # for steps that do not train


def configured(optimizer: Optimizer) -> tuple[str, Config]:
    """(name, configuration) of an optimiser, without the rate, which may change."""
    config = optimizer.get_config()
    del config["learning_rate"]
    return type(optimizer).__name__.lower(), {**config, "is_scheduled": optimizer.is_scheduled,
                                              "kept": optimizer.kept}


def facts(optimizer: Optimizer) -> Callable[[Weight], Config]:
    """The settings of an optimiser for each weight."""
    return lambda w: {"path": w.name, "decays": optimizer.decays(w.name)}


def with_targets(outputs: Sequence[Output],
                 targets: Sequence[npt.NDArray[Any]]) -> list[Output] | None:
    """The outputs with the extents of their targets, after the batch, if losses depend on those;
    None if such extents are not yet known. targets: all, or none."""
    left, found = list(targets), []
    for output in outputs:
        target = left.pop(0) if output.loss is not None and left else None
        if output.loss is not None and output.loss[0] in BY_DATA:
            name, config = output.loss
            if target is not None:
                config = {**config, "target": target.shape[1:]}
            if "target" not in config:
                return None
            output = replace(output, loss=(name, config))
        found.append(output)
    return found


def require_part(steps: Steps, names: Sequence[str], *weights: Any) -> None:
    """Refuses sample weights that no loss would use."""
    without = [names[k] for k in sorted(steps.training.ignore_weights)]
    if without and any(w is not None for w in weights):
        raise ValueError(f"the loss of {', '.join(without)} is one number that is not reduced, so "
                         "weights of samples have no part in it; expected a loss of each sample, "
                         "or reduction='mean'")


def go_on(steps: Steps, before: Steps) -> None:
    """Copies the state of the optimiser from the previous steps."""
    known = before.training.states
    if steps.training.targets and before.training.targets:
        for name in steps.training.remembered:
            if name in known and np.shape(known[name]) == np.shape(steps.training.states[name]):
                steps.library.state[name] = before.library.state[name]
        steps.count = before.count


def averages(optimizer: Optimizer, steps: Steps) -> dict[str, npt.NDArray[Any]]:
    """{weight: its moving average}, which replaces it after the last epoch."""
    if not optimizer.use_ema:
        return {}
    return {name: steps.library.state[f"{name}/{AVERAGE}"] for name, w in steps.weights.items()
            if w.trainable}
