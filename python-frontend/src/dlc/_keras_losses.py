# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Custom losses: their operations on symbolic targets and predictions become part of the step.

Keras's Loss calls `call` and reduces the result. Only `call` is traced; dlc reduces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.trainers.data_adapters import data_adapter_utils
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

from ._emit import UnknownLayers, emit_model, unknown_layers
from ._emit.losses import OWN
from ._keras_graph import Described
from ._keras_trace import Symbols
from ._steps import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from . import ir
    from ._emit.emitter import Config, Emitter

    Extents = tuple[int | None, ...]


def name_of(loss: Any) -> str:
    """The name of a loss in messages."""
    if isinstance(loss, LossFunctionWrapper) and hasattr(loss, "fn"):
        loss = loss.fn
    named = loss if hasattr(loss, "__name__") else type(loss)
    return str(getattr(named, "__qualname__", named.__name__)).replace("<locals>.", "")


def own(loss: Any, output: Any, extents: Extents) -> tuple[str, Config]:
    """(name, configuration) of a custom loss: a function (y_true, y_pred) of keras.ops, or an
    object of a subclass of keras.losses.Loss. output: a symbolic output of the model; extents:
    those of the targets, after the batch.

    Raises UnknownLayers, with the name of the loss and the reason, if it cannot be traced.
    """
    made = loss if isinstance(loss, keras.losses.Loss) else LossFunctionWrapper(loss)
    name = name_of(loss)
    if type(made).__call__ is not keras.losses.Loss.__call__:
        raise UnknownLayers(f"loss {name} has its own __call__, expected call(y_true, y_pred) "
                            "alone, whose result Keras reduces")
    if made.dtype != "float32":
        raise UnknownLayers(f"loss {name} computes in {made.dtype}, expected float32")
    described = _traced(made, name, output, extents)
    def emit(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
        # Layers in a loss are not told a mode; the default is inference.
        mode, e.training = e.training, False
        try:
            return e.cast(emit_model(e, described.item, [t, y]), "f32")
        finally:
            e.training = mode

    return OWN, {"emit": emit, "target": extents, "reduction": made.reduction or "none"}


def _traced(loss: Any, name: str, output: Any, extents: Extents) -> Described:
    """What a loss computes, as a model of targets and predictions."""
    symbols = Symbols(learns=True)
    # Keras also casts targets to the dtype of the loss.
    given = [keras.Input(batch_shape=(output.shape[0], *extents), dtype="float32", name="y_true"),
             keras.Input(batch_shape=output.shape, dtype=output.dtype, name="y_pred")]
    try:
        values = symbols.call(loss, False, loss.call, *given)
        if not isinstance(values, keras.KerasTensor):
            raise TypeError(f"it gives {values!r}, expected a function of y_true and y_pred")
        held = [v.path for v in symbols._variables.values()]
        described = Described(keras.Model(given, values, name="loss")) if not held else None
    except Exception as problem:  # pylint: disable=broad-except
        raise UnknownLayers(
            f"loss {name} cannot be traced on symbolic y_true {list(given[0].shape)} and y_pred "
            f"{list(given[1].shape)}: {type(problem).__name__}: {problem}; expected functions of "
            "keras.ops of both") from problem
    if described is not None:
        held = [v.path for v in described.variables.values()]
        held += [w.path for layer in described.layers.values() for w in layer.weights]
    if held or described is None:
        raise UnknownLayers(f"loss {name} uses the variables {', '.join(held)}, expected a "
                            "function of y_true and y_pred alone; regularizers are functions of "
                            "weights")
    missing = unknown_layers(described.item)
    if missing:
        raise UnknownLayers(f"loss {name} uses what dlc does not know: {', '.join(missing)}")
    return described


def extents_of(y: Any, names: Sequence[str], chosen: Mapping[int, str],
               outputs: Sequence[Any]) -> dict[int, Extents]:
    """{output: extents of its targets after the batch}. y: all targets as given to fit; names: of
    the outputs; chosen: the outputs with a loss, and its kind."""
    if y is None:
        return {}
    found = listed(y, names)
    if len(found) == len(names):
        found = [found[k] for k in chosen]
    return {k: _free(np.shape(a)[1:], outputs[k].shape[1:]) if kind == "" else np.shape(a)[1:]
            for (k, kind), a in zip(chosen.items(), found)}


def _free(extents: Sequence[int], output: Sequence[int | None]) -> Extents:
    """Extents, free where those of the output are free, such as steps of sequences."""
    return tuple(None if k < len(output) - 1 and output[k] is None else e
                 for k, e in enumerate(extents))


def targets_of(iterator: Any) -> Any:
    """The targets of an EpochIterator: all of them, or those of a batch."""
    adapter = iterator.data_adapter
    if isinstance(adapter, ArrayDataAdapter):
        data = adapter._inputs
    elif isinstance(adapter, PyDatasetAdapter):
        data = adapter.py_dataset[0]
    else:
        kept = getattr(adapter, "_first_batches", None)  # a generator cannot be restarted
        data = kept[0] if kept else next(iter(adapter.get_numpy_iterator()))
    return data_adapter_utils.unpack_x_y_sample_weight(data)[1]
