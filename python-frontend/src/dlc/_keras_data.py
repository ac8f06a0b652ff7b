# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cheaper replacements for what Keras does around each batch.

Keras's loop slices, converts and passes on every batch through general code, which takes longer
than the step of a small model. If a data adapter holds only NumPy arrays, `ArrayFeed` makes their
batches, in Keras's order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras.src import callbacks as callbacks_module
from keras.src import tree
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.utils.python_utils import is_default

from ._feed import ArrayFeed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt

    from ._library import Function

    Array = npt.NDArray[Any]


def held_arrays(iterator: Any) -> Any:
    """The arrays (x, y, weights) that Keras's iterator holds, if they are NumPy arrays of numbers
    and an epoch is one pass over them; otherwise None."""
    adapter = iterator.data_adapter
    if type(adapter) is not ArrayDataAdapter or adapter._shuffle == "batch" or \
            iterator.steps_per_epoch or iterator.steps_per_execution != 1:
        return None
    leaves = [a for a in tree.flatten(adapter._inputs) if a is not None]
    if not all(type(a) is np.ndarray and a.dtype.kind in "biuf" for a in leaves):
        return None
    return adapter._inputs


def feed_of(iterator: Any, function: Function, columns: Sequence[Array]) -> ArrayFeed:
    """Batches of columns, with the batch size of the iterator."""
    return ArrayFeed(function, columns, iterator.data_adapter._batch_size)


def order_of(iterator: Any) -> Array | None:
    """The order of the samples in the next epoch, as Keras draws it."""
    adapter = iterator.data_adapter
    return np.random.permutation(adapter._num_samples) if adapter._shuffle else None


def look_ahead(compiled_loss: Any, iterator: Any = None) -> None:
    """Consumes the random order that Keras on JAX consumes before the first epoch after `compile`,
    when it inspects a batch. So the epochs have the same orders as there."""
    if keras.backend.backend() != "jax" or compiled_loss is None or getattr(
            compiled_loss, "_dlc_looked", False):
        return
    object.__setattr__(compiled_loss, "_dlc_looked", True)
    adapter: Any = iterator.data_adapter if iterator is not None else None
    if type(adapter) is not ArrayDataAdapter or not adapter._shuffle:
        return
    if adapter._shuffle == "batch":
        np.random.permutation(min(adapter._batch_size, adapter._num_samples))
    else:
        order_of(iterator)


def _is_wanted(callback: Any, name: str) -> bool:
    """Whether a callback overrides on_train_batch_end or a similar method."""
    older = name.replace("_train", "")  # on_batch_end, which the newer calls
    return not is_default(getattr(callback, name)) or not is_default(getattr(callback, older))


class Hooks:
    """Only those callbacks that do something around a batch.

    phase: train or test. is_empty: whether there are none.
    """

    def __init__(self, callbacks: Any, phase: str) -> None:
        names = [f"on_{phase}_batch_{when}" for when in ("begin", "end")]
        own = callbacks.callbacks if type(callbacks) is callbacks_module.CallbackList else None
        self._begin, self._end = (
            [getattr(callbacks, n)] if own is None else
            [getattr(c, n) for c in own if _is_wanted(c, n)] for n in names)
        self.is_empty = not self._begin and not self._end

    def begin(self, batch: int) -> None:
        for call in self._begin:
            call(batch)

    def end(self, batch: int, logs: dict[str, float]) -> None:
        for call in self._end:
            call(batch, logs)


class Rate:
    """The learning rate of an optimiser, read again only if it may have changed.

    array: the rate of the next step, after `update`.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self.array: npt.NDArray[np.float32] = np.zeros((), np.float32)
        self._seen: Any = None

    def update(self) -> None:
        own = self._optimizer._learning_rate
        if not isinstance(own, keras.Variable):
            # A schedule counts batches, even if updates are rarer: `iterations` counts those.
            self.array[...] = np.asarray(self._optimizer.learning_rate)
            self._optimizer._iterations.assign(self._optimizer._iterations + 1)
            return
        # A JAX array never changes, so an identical array is an identical rate. Others may change.
        value = own._value if keras.backend.backend() == "jax" else None
        if value is None or value is not self._seen:
            self.array[...] = keras.ops.convert_to_numpy(own)
            self._seen = value
