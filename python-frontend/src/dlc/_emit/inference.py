# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model at inference as a module, with its weights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .. import ir
from .emitter import Emitter, UnknownLayers
from .model import emit_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy.typing as npt

    from .emitter import Weight

    ValueOf = Callable[[Weight], npt.NDArray[Any]]


def module_of(item: Any, inputs: Mapping[str, str], value_of: ValueOf,
              learns: bool = False) -> ir.Module:
    """The module, with the function `predict`.

    item: the configuration of the model; inputs: {name: type}; value_of: the values of a weight.
    learns: whether `dlc --train` will make a training step of it. That recognises dropout and batch
    normalisation by their ops. Raises UnknownLayers, which names all layers that behave differently
    in training in any other way.
    """
    weights: dict[str, Weight] = {}
    values: dict[str, npt.NDArray[Any]] = {}

    def emit(module: ir.Module, training: bool, arguments: Mapping[str, str]) -> Emitter:
        def load(weight: Weight) -> ir.Value:
            if weight.name not in module._globals:
                if weight.name not in values:
                    values[weight.name] = value_of(weight)
                module.add_global(weight.name, values[weight.name], mutable=weight.is_state)
            return module.load(weight.name)

        with module.function("predict", public=True, **arguments) as f:
            given = f.arguments[:len(inputs)]
            e = Emitter(module, weights, load, training, f.arguments[-1] if training else None)
            e.marks_dropout = learns and not training
            y = emit_model(e, item, given if len(given) > 1 else given[0])
            e.store_updates()
            results = y if isinstance(y, (list, tuple)) else [y]
            f.returns(**{f"y{i}" if len(results) > 1 else "y": v for i, v in enumerate(results)})
        return e

    module = ir.Module()
    e = emit(module, False, inputs)
    if learns:
        learning = emit(ir.Module(), True, {**inputs, "random": "tensor<2xi64>"})
        _refuse(e, learning, weights)
        shares = {v for v in learning.norms.values() if isinstance(v, float)}
        module.averaging = shares.pop() if shares else None
    module.frozen = [w.name for w in weights.values() if w.frozen]
    return module


def _refuse(e: Emitter, learning: Emitter, weights: Mapping[str, Weight]) -> None:
    """Refuses whatever a training step that the compiler makes from `e` would leave out of
    `learning`."""
    found = [f"{place} draws random numbers" for place in Counter(learning.drawn) -
             Counter(e.drawn)]
    for place, does in e.norms.items():
        learnt = None if does is not None else learning.norms.get(place)
        if learnt is None:
            found.append(f"{place} keeps to its averages")
        elif isinstance(learnt, str):
            found.append(f"{place} has {learnt}")
    if len({v for v in learning.norms.values() if isinstance(v, float)}) > 1:
        found.append("normalisations differ in their momentum")
    if learning.losses:
        found.append("add_loss or an activity_regularizer adds to the loss")
    for weight in weights.values():
        if weight.trainable and (weight.regularizer or weight.constraint):
            what = "constraint" if weight.constraint else "regularizer"
            found.append(f"{weight.name} has a {what}")
    if found:
        raise UnknownLayers("while the model learns, " + "; ".join(found) + ": of which "
                            "dlc.compile(model, train=...) knows nothing; use the model's own "
                            "compile and fit (of Keras, after dlc.keras.accelerate(model))")
