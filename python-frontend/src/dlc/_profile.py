# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times of the loop nests of a library that was compiled with --profile."""

from __future__ import annotations

import ctypes
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ._compiled import Table, bars
from ._library import LibraryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from ._library import Library


class _Region(ctypes.Structure):
    _fields_ = [("function", ctypes.c_char_p), ("name", ctypes.c_char_p),
                ("kind", ctypes.c_char_p), ("flops", ctypes.c_int64), ("bytes", ctypes.c_int64)]


class _Event(ctypes.Structure):
    _fields_ = [("region", ctypes.c_int32), ("part", ctypes.c_int32),
                ("begin", ctypes.c_int64), ("end", ctypes.c_int64)]


class _Trace(ctypes.Structure):
    _fields_ = [("events", ctypes.POINTER(_Event)), ("capacity", ctypes.c_int64),
                ("count", ctypes.c_int64)]


_DTYPE = np.dtype(_Event)


class Profile(Table):
    """Rows of loop nests: median time in us, share of the whole, Gflop/s, GB/s.

    whole_us: the median of whole calls. rest_us: the part of it outside all nests.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], title: str, whole_us: float,
                 rest_us: float) -> None:
        super().__init__(rows, title)
        self.whole_us, self.rest_us = whole_us, rest_us

    def plot(self) -> Any:
        """Draws the time of each loop nest as bars with matplotlib; returns the axes."""
        return bars(self.rows, "computes", "us", "time, us")


def measure(library: Library, inputs: Sequence[npt.NDArray[Any] | np.generic | float],
            function: str | None, calls: int) -> Profile:
    functions = library.functions
    if function is None:
        if len(functions) != 1:
            raise LibraryError(f"the library has the functions {', '.join(functions)}: say which "
                               "one is measured, function=...")
        function = next(iter(functions))
    elif function not in functions:
        raise LibraryError(f"there is no function '{function}', only {', '.join(functions)}")
    call, info = functions[function], library.info
    if calls < 1:
        raise LibraryError(f"calls is {calls}, expected 1 or more")
    table = ctypes.cast(info.regions, ctypes.POINTER(_Region))
    regions = [table[i] for i in range(info.region_count)]
    events = np.zeros(1024, _DTYPE)
    call(*inputs)  # allocates memory and starts threads
    sums, whole = np.zeros((calls, len(regions))), np.zeros(calls)
    at = 0
    while at < calls:
        trace = _Trace(ctypes.cast(events.ctypes.data, ctypes.POINTER(_Event)), len(events), 0)
        info.trace(library._handle, ctypes.byref(trace))
        begin = time.perf_counter_ns()
        try:
            call(*inputs)
        finally:
            whole[at] = time.perf_counter_ns() - begin
            info.trace(library._handle, None)
        if trace.count > len(events):  # once more, with enough room
            events = np.zeros(2 * trace.count, _DTYPE)
            continue
        seen = events[:trace.count]
        seen = seen[(seen["part"] < 0) & (seen["region"] >= 0)]
        np.add.at(sums[at], seen["region"], seen["end"] - seen["begin"])
        at += 1
    times, total = np.median(sums, 0) / 1e3, float(np.median(whole)) / 1e3
    rows = [{"us": float(t), "share": f"{t / total:.1%}", "kind": r.kind.decode(),
             "Gflop/s": r.flops / t / 1e3 if r.flops >= 0 else None,
             "GB/s": r.bytes / t / 1e3 if r.bytes >= 0 else None, "computes": r.name.decode()}
            for t, r in zip(times, regions) if t > 0]
    rows.sort(key=lambda row: -row["us"])
    rest = float(np.median(whole - sums.sum(1))) / 1e3
    return Profile(rows, f"{function}: {total:.1f} us a call, {rest:.1f} us outside loop nests",
                   total, rest)
