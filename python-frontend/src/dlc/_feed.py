# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Batches of arrays for compiled steps, gathered into the arrays that a call is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import numpy.typing as npt

    from ._library import BoundCall, Function

    Array = npt.NDArray[Any]


class ArrayFeed:
    """Batches of samples, and a bound call for each batch size.

    columns: an array of all samples for each input of the function, except the last ones, which are
    the same for all batches.
    batch: the number of samples in each batch but the last.
    """

    def __init__(self, function: Function, columns: Sequence[Array], batch: int) -> None:
        self._function, self._columns, self._batch = function, columns, batch
        self._calls: dict[int, BoundCall] = {}

    def _call(self, count: int, more: Sequence[Array]) -> BoundCall:
        """The call for batches of `count` samples."""
        if count not in self._calls:
            buffers = [np.empty((count, *column.shape[1:]), argument.dtype)
                       for column, argument in zip(self._columns, self._function.inputs)]
            self._calls[count] = self._function.bind(*buffers, *more)
        return self._calls[count]

    def batches(self, order: Array | None,
                more: Sequence[Array] = ()) -> Iterator[tuple[int, BoundCall]]:
        """(samples, the call with its arrays filled) for each batch of an epoch.

        order: the indices of the samples in the desired order; None: all, in the given order.
        more: the arrays of the function's last inputs, the same objects in each call.
        """
        total = len(self._columns[0] if order is None else order)
        for start in range(0, total, self._batch):
            stop = min(start + self._batch, total)
            call = self._call(stop - start, more)
            for column, buffer in zip(self._columns, call.inputs):
                if order is None:
                    buffer[...] = column[start:stop]
                elif column.dtype == buffer.dtype:
                    # Only with "clip", NumPy gathers into `out` without a copy.
                    np.take(column, order[start:stop], axis=0, out=buffer, mode="clip")
                else:
                    buffer[...] = column[order[start:stop]]
            yield stop - start, call
