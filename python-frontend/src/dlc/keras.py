# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Keras models on any backend: compiled, trained and exported by dlc.

    model = dlc.keras.accelerate(model)   # fit, evaluate, predict run compiled steps
    dlc.keras.export(model, "model.so")   # a library with a C header
    model = dlc.keras.load("saved.keras") # without Keras
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import ir
from ._compile import compile as compile_file
from ._emit import UnknownLayers, unknown_layers
from ._emit.inference import module_of
from ._graph import of_text
from ._keras_file import FileProblem, SavedModel
from ._keras_weights import Variables

if TYPE_CHECKING:
    import os
    from typing import Any

    import numpy.typing as npt

    from ._emit import Weight
    from ._graph import Graph
    from ._keras_graph import Described
    from .layers._model import Configured

    Place = str | os.PathLike[str]

__all__ = ["FileProblem", "UnknownLayers", "accelerate", "export", "load", "plot",
           "to_module"]


def _described(model: Any, learns: bool = True) -> Described:
    """A Keras model as a configuration, with the layers that hold its variables."""
    from ._keras_graph import Described
    found = Described(model, learns)
    missing = unknown_layers(found.item)
    if missing:
        raise UnknownLayers("dlc does not know these layers: " + ", ".join(missing))
    return found


def input_types(described: Described) -> dict[str, str]:
    """{name: type} of a described model's inputs."""
    found = {}
    for tensor in described.inputs:
        name = tensor.name.replace("/", "_").replace(":", "_")
        found[name] = ir.type_of(tensor.shape, ir.element_of(tensor.dtype))
    return found


def to_module(model: Any, learns: bool = False) -> ir.Module:
    """The model at inference, as a module of dl with its weights. learns: whether it will be
    trained; then anything that would train wrongly is refused."""
    found = _described(model, learns)
    if learns:
        from ._keras_modes import differing
        apart = list(differing(found.item))
        if apart:
            raise UnknownLayers(f"{', '.join(apart)}: the call does something else while it "
                                "learns, of which dlc.compile(model, train=...) knows nothing; "
                                "use dlc.keras.accelerate(model) and fit")
    variables = Variables(found, learns)

    def value_of(weight: Weight) -> npt.NDArray[Any]:
        value = np.asarray(variables[weight.name], np.float32)
        return value if value.shape == tuple(weight.shape) else value.reshape(weight.shape)

    return module_of(found.item, input_types(found), value_of, learns)


def accelerate(model: Any) -> Any:
    """Makes fit, evaluate, predict, train_on_batch and test_on_batch of the model run steps that
    dlc compiles, and returns the same model. Everything else is Keras's: compile, callbacks, save.
    The model also gets reset_states(), which resets all stateful layers.

    Raises UnknownLayers, which names all layers that dlc lacks.
    """
    import types

    import keras

    from ._keras_fit import METHODS
    own = [m for m in ("train_step", "test_step", "predict_step", "compute_loss",
                       "compute_metrics", "compute_loss_and_updates")
           if getattr(type(model), m, None) is not getattr(keras.Model, m, None)
           and not type(model).__module__.startswith("keras.")]
    if own:
        raise UnknownLayers(f"model '{model.name}' has its own {', '.join(own)}, which compiled "
                            "steps would not run")
    _described(model)
    for name, function in METHODS.items():
        object.__setattr__(model, name, types.MethodType(function, model))
    for name in ("reset_states", "reset_state"):  # Keras 3 has them only for layers
        if not hasattr(model, name):
            object.__setattr__(model, name, types.MethodType(_reset_states, model))
    return model


def _reset_states(model: Any) -> None:
    """Resets all stateful layers of a Keras model."""
    from ._keras_weights import flat
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "cell"):
            for variable in flat(layer.states):
                variable.assign(np.zeros(variable.shape, np.float32))


def load(path: Place) -> Configured:
    """Reads a model that Keras saved, .keras or .h5, as a model of dlc.layers. It predicts, trains
    and can be exported. Needs h5py, but not Keras.

    Raises FileProblem if the file is no such model.
    """
    from .layers._model import Configured
    saved = SavedModel(path)
    model = Configured(saved.item, saved.array)
    model.build()
    return model


def plot(model: Any, path: Place | None = None) -> Graph:
    """A picture of the ops that dlc computes for the model, which a notebook shows. path: a .svg
    file."""
    graph = of_text(to_module(model).text())
    if path:
        graph.save(path)
    return graph


def export(model: Any, path: Place, **options: Any) -> Path:
    """Writes a library and its C header, and returns the path. options: those of `dlc.compile`.

    model: a Keras model, or the path of one that Keras saved.

    The only function of the library is `predict`.
    """
    if isinstance(model, (str, Path)):
        return load(model).export(path, **options)
    return compile_file(model, Path(path), **options).path
