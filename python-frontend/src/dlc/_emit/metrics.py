# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Metrics that a step computes itself: a sum over samples, and their number.

Other metrics (areas under curves, precision) are computed from the predictions by the caller.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from .. import dl
from .losses import LOSSES, full_name, prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from .. import ir
    from .emitter import Config, Emitter


def _matches(e: Emitter, same: ir.Value, element: str) -> ir.Value:
    return e.cast(same, element)


def _binary_accuracy(e: Emitter, t: ir.Value, y: ir.Value, threshold: float = 0.5) -> ir.Value:
    return dl.reduce_mean(_matches(e, dl.equal(t, e.cast(dl.greater(y, threshold), t.element)),
                                   "f32"), axes=[-1])


def _categorical_accuracy(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    return _matches(e, dl.equal(dl.arg_max(t, axis=t.rank - 1),
                                dl.arg_max(y, axis=y.rank - 1)), "f32")


def _sparse_accuracy(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    t = e.squeeze(t, -1) if t.rank == y.rank else t
    return _matches(e, dl.equal(e.cast(t, "i64"), dl.arg_max(y, axis=y.rank - 1)), "f32")


def _accuracy(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    return _matches(e, dl.equal(t, y), "f32")


METRICS: dict[str, Callable[..., ir.Value]] = {
    "binary_accuracy": _binary_accuracy,
    "categorical_accuracy": _categorical_accuracy,
    "sparse_categorical_accuracy": _sparse_accuracy,
    "accuracy": _accuracy,
    "cosine_similarity": lambda e, t, y: -LOSSES["cosine_similarity"](e, t, y),
    # The square root is taken of the mean over all batches.
    "root_mean_squared_error": lambda e, t, y: dl.reduce_mean(dl.square(t - y), axes=[-1]),
    **{name: LOSSES[name] for name in (
        "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error", "log_cosh", "kl_divergence", "poisson", "hinge",
        "squared_hinge", "categorical_hinge", "binary_crossentropy", "categorical_crossentropy",
        "sparse_categorical_crossentropy")},
}
SPARSE = {"sparse_categorical_accuracy", "sparse_categorical_crossentropy"}


def resolve(name: str, target_rank: int, y: ir.Value) -> str:
    """The metric that a word stands for: accuracy is one of three, depending on the target."""
    name = full_name(name)
    if name in ("accuracy", "acc"):
        if y.shape[-1] == 1:
            return "binary_accuracy"
        return "sparse_categorical_accuracy" if target_rank < y.rank else "categorical_accuracy"
    return name


def emit_metric(e: Emitter, name: str, config: Config, target: ir.Value, y: ir.Value,
                weights: ir.Value | None = None, mask: ir.Value | None = None,
                always_masked: bool = False) -> tuple[ir.Value, ir.Value]:
    """(sum, count) of a metric over the samples, as scalars. always_masked: whether a mask applies
    even to samples without weights, as in Keras on backends other than JAX."""
    if name not in SPARSE:
        target, y = prepared(e, name, target, y)
    known = inspect.signature(METRICS[name]).parameters
    values = METRICS[name](e, target, y, **{k: v for k, v in config.items()
                                            if k in known and v is not None})
    ones = values * 0.0 + 1.0
    if mask is not None and mask.rank == values.rank and (weights is not None or always_masked):
        ones = ones * e.cast(mask, values.element)
    if weights is not None:
        ones = ones * (e.reshape(weights, [e.extent(weights, 0), *[1] * (values.rank - 1)])
                       if values.rank > 1 else weights)
    return dl.reduce_sum(values * ones), dl.reduce_sum(ones)
