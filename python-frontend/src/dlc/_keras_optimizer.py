# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An optimiser of Keras in a compiled step: its settings for each parameter, and which of its
variables corresponds to which state of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from ._emit.emitter import UnknownLayers
from ._emit.optimizers import OPTIMIZERS
from ._emit.updating import AVERAGE, GATHERED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._emit.emitter import Config, Weight
    from ._emit.training import Training
    from ._keras_weights import Variables

# The attribute of Keras's optimiser that lists the variables of a state, one per parameter.
_ADAM = {"m": "_momentums", "v": "_velocities", "v_hat": "_velocity_hats"}
_ATTRIBUTES: dict[str, dict[str, str]] = {
    "sgd": {"momentum": "momentums"},
    **dict.fromkeys(("adam", "adamw", "nadam", "lamb"), _ADAM),
    "rmsprop": {"velocity": "_velocities", "momentum": "_momentums",
                "average": "_average_gradients"},
    "adagrad": {"accumulator": "_accumulators"},
    "adadelta": {"gradient": "_accumulated_grads", "change": "_accumulated_delta_vars"},
    "adamax": {"m": "_m", "u": "_u"},
    "lion": {"m": "_momentums"},
    "ftrl": {"accumulator": "_accumulators", "linear": "_linears"},
    "adafactor": {"rows": "_r", "columns": "_c", "v": "_v"},
    "muon": {"m": "momentums", "v": "adam_velocities"},
    "schedulefreeadamw": {"z": "_momentums", "v": "_velocities"}}
_ALWAYS = {AVERAGE: "_model_variables_moving_average", GATHERED: "_accumulated_gradients"}
_SHARED = {"product": "_u_product"}


def described(optimizer: Any) -> tuple[str, Config]:
    """(name, configuration) of an optimiser that dlc supports; others are refused."""
    kind = type(optimizer).__name__
    if not type(optimizer).__module__.startswith("keras."):
        raise UnknownLayers(f"optimizer {kind} is not one of Keras's, and what its update_step "
                            f"does is not known; dlc has {', '.join(sorted(OPTIMIZERS))}")
    if kind.lower() not in OPTIMIZERS:
        raise UnknownLayers(f"optimizer {kind}; dlc knows {', '.join(sorted(OPTIMIZERS))}")
    config = optimizer.get_config()
    is_variable = isinstance(optimizer._learning_rate, keras.Variable)
    return kind.lower(), {**config, "is_scheduled": not is_variable}


def key(optimizer: Any) -> list[Any]:
    """A key that is equal as long as a compiled step does what the optimiser does. It does not
    depend on the rate or the name."""
    config = {k: v for k, v in optimizer.get_config().items()
              if k not in ("learning_rate", "name")}
    return [type(optimizer).__name__, config, id(optimizer),
            sorted(getattr(optimizer, "_exclude_from_weight_decay", None) or ()),
            getattr(optimizer, "_exclude_from_weight_decay_pattern", None),
            isinstance(optimizer._learning_rate, keras.Variable)]


def facts(optimizer: Any, weight: Weight, variable: Any) -> Config:
    """The settings of an optimiser for one parameter."""
    kind = type(optimizer).__name__.lower()
    if kind in ("adafactor", "muon") and tuple(variable.shape) != tuple(weight.shape):
        raise UnknownLayers(f"optimizer {type(optimizer).__name__} goes by rows and columns, and "
                            f"{variable.path} has the shape {list(variable.shape)} in Keras, "
                            f"{list(weight.shape)} in dlc")
    found: Config = {"decays": optimizer._use_weight_decay(variable)}
    if kind == "muon":
        found["uses_adam"] = optimizer._should_use_adamw(variable)
    return found


def build(optimizer: Any, model: Any) -> None:
    """Creates the variables of the optimiser if they do not exist, as Keras's fit does."""
    if not optimizer.built:
        with keras.name_scope(optimizer.name, caller=optimizer):
            optimizer.build(model.trainable_variables)


def finish(optimizer: Any, model: Any) -> None:
    """What Keras does after the last epoch: moving averages become the weights."""
    optimizer.finalize_variable_values(model.trainable_weights)
    if optimizer.use_ema:
        for variable in model.trainable_weights:  # a shared array cannot be donated
            variable.assign(np.array(variable))


def states(optimizer: Any, training: Training,
           variables: Variables) -> Iterator[tuple[str, Any]]:
    """(name of a state, variable) for all states of the optimiser."""
    own = _ATTRIBUTES[type(optimizer).__name__.lower()]
    for name in training.remembered:
        place, _, state = name.rpartition("/")
        if place == "training":
            yield name, getattr(optimizer, _SHARED[state])
            continue
        parameter = variables[place]
        listed = getattr(optimizer, _ALWAYS.get(state) or own[state], None)
        at = optimizer._trainable_variables_indices.get(optimizer._var_key(parameter))
        if at is None:
            raise ValueError(f"optimizer {optimizer.name} was made for other weights, "
                             f"{parameter.path} is none of them; call model.compile again")
        if listed is None or len(listed) <= at or listed[at] is None:
            raise ValueError(f"optimizer {optimizer.name} keeps no {state} of {parameter.path}, "
                             f"expected one: is this Keras {keras.__version__} known to dlc?")
        yield name, listed[at]
