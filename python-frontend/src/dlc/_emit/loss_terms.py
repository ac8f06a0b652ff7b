# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Building blocks of several losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir

if TYPE_CHECKING:
    from .emitter import Emitter

EPSILON = 1e-7  # Keras clips probabilities to this distance from 0 and 1


def mean(x: ir.Value) -> ir.Value:
    return dl.reduce_mean(x, axes=[-1])


def total(x: ir.Value) -> ir.Value:
    return dl.reduce_sum(x, axes=[-1])


def kept_total(x: ir.Value, axis: int = -1) -> ir.Value:
    return dl.reduce_sum(x, axes=[axis], keep_dims=True)


def smooth(t: ir.Value, smoothing: float, share: float) -> ir.Value:
    """Label smoothing of targets."""
    return t if not smoothing else t * (1.0 - smoothing) + smoothing * share


def probabilities(y: ir.Value) -> ir.Value:
    """y clipped to the range of logarithms."""
    return dl.clip(y, low=EPSILON, high=1.0 - EPSILON)


def known_classes(name: str, y: ir.Value) -> int:
    classes = y.shape[-1]
    if classes is None:
        raise ir.IRError(f"{name}: the number of classes must be known")
    return classes


def one_hot(e: Emitter, labels: ir.Value, classes: int) -> ir.Value:
    """Rows of 0 with a 1 at the position of the label."""
    places = e.module.constant(list(range(classes)), labels.element)
    return e.cast(dl.equal(e.unsqueeze(labels, -1), places), "f32")


def require_classes(e: Emitter, labels: ir.Value, classes: int) -> ir.Value:
    """The labels, with a check at run time that each is a class."""
    checked: ir.Value = e.module.op("dl.require_range", labels, what="a label", least=0,
                                    past=classes)
    return checked


def positions(e: Emitter, x: ir.Value, axis: int) -> ir.Value:
    """0, 1, 2, ... along an axis of x."""
    extent = e.extent(x, axis)
    if isinstance(extent, int):
        return e.module.constant(list(range(extent)), "i64")
    found: ir.Value = e.module.op("dl.iota", [extent], axis=0, types=["tensor<?xi64>"])
    return found
