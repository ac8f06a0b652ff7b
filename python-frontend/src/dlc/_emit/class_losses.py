# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses over classes: focal, noise-robust, overlaps of regions, distances between samples.

The formulas are those of Keras 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .. import dl, ir
from .loss_terms import (
    EPSILON,
    kept_total,
    known_classes,
    mean,
    one_hot,
    positions,
    probabilities,
    require_classes,
    smooth,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .emitter import Emitter


def _power(x: ir.Value, exponent: float) -> ir.Value:
    """x to a power; 2, the usual one, without a logarithm."""
    return dl.square(x) if exponent == 2.0 else dl.pow(x, float(exponent))


def binary_focal(e: Emitter, t: ir.Value, y: ir.Value, apply_class_balancing: bool = False,
                 alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False,
                 label_smoothing: float = 0.0) -> ir.Value:
    """Cross-entropy that is small where the prediction is nearly right (Lin et al., 2017)."""
    t = smooth(t, label_smoothing, 0.5)
    y = dl.sigmoid(y) if from_logits else y
    p = probabilities(y)
    loss = -(t * dl.log(p) + (1.0 - t) * dl.log(1.0 - p))
    loss = _power(1.0 - (t * y + (1.0 - t) * (1.0 - y)), gamma) * loss
    return mean((t * alpha + (1.0 - t) * (1.0 - alpha)) * loss if apply_class_balancing else loss)


def categorical_focal(e: Emitter, t: ir.Value, y: ir.Value, alpha: float | Sequence[float] = 0.25,
                      gamma: float = 2.0, from_logits: bool = False,
                      label_smoothing: float = 0.0) -> ir.Value:
    """The same for several classes. alpha: for all, or for each class."""
    t = smooth(t, label_smoothing, 1.0 / known_classes("categorical_focal_crossentropy", y))
    y = dl.softmax(y, axis=-1) if from_logits else y
    p = probabilities(y / kept_total(y))
    return total(-t * dl.log(p) * (_power(1.0 - p, gamma) * e.module.constant(alpha, "f32")))


def generalized_cross_entropy(e: Emitter, t: ir.Value, y: ir.Value, q: float = 0.5) -> ir.Value:
    """Between cross-entropy (q = 0) and absolute error (q = 1) (Zhang and Sabuncu, 2018)."""
    classes = known_classes("categorical_generalized_crossentropy", y)
    t = e.squeeze(t, -1) if t.rank == y.rank else t
    p = total(y * one_hot(e, require_classes(e, t, classes), classes))
    return (1.0 - dl.pow(p, float(q))) / float(q)


def _over(x: ir.Value, axis: int | Sequence[int] | None) -> ir.Value:
    return dl.reduce_sum(x) if axis is None else \
        dl.reduce_sum(x, axes=[axis] if isinstance(axis, int) else list(axis))


def dice(e: Emitter, t: ir.Value, y: ir.Value,
         axis: int | Sequence[int] | None = None) -> ir.Value:
    """1 - twice the overlap of two regions over the sum of both."""
    both = _over(t * y, axis) * 2.0
    return 1.0 - both / (_over(t, axis) + _over(y, axis) + EPSILON)


def tversky(e: Emitter, t: ir.Value, y: ir.Value, alpha: float = 0.5, beta: float = 0.5,
            axis: int | Sequence[int] | None = None) -> ir.Value:
    """Like Dice, with separate weights for false negatives (alpha) and false positives (beta)."""
    both = _over(t * y, axis)
    missing, more = _over((1.0 - y) * t, axis), _over(y * (1.0 - t), axis)
    return 1.0 - both / (both + missing * alpha + more * beta + EPSILON)


_NONE = -1e30  # stands for minus infinity, which has no gradient


def _log_sum(x: ir.Value) -> ir.Value:
    """The logarithm of the sum of exponentials of each row."""
    top = dl.reduce_max(x, axes=[1], keep_dims=True)
    return dl.reduce_sum(top + dl.log(dl.reduce_sum(dl.exp(x - top), axes=[1], keep_dims=True)),
                         axes=[1])


def circle(e: Emitter, t: ir.Value, y: ir.Value, gamma: float = 80.0, margin: float = 0.4,
           remove_diagonal: bool = True) -> ir.Value:
    """Pulls samples of a class together and those of two classes apart (Sun et al., 2020). y:
    vectors of length 1. Samples without a loss do not count in the mean."""
    t = e.squeeze(t, -1) if t.rank == y.rank else t
    far = dl.relu(1.0 - y @ e.transpose(y, [1, 0]))
    alike = dl.equal(e.unsqueeze(t, -1), e.unsqueeze(t, 0))
    differ = dl.not_(alike)
    if remove_diagonal:
        place = positions(e, y, 0)
        alike = dl.and_(alike, dl.not_equal(e.unsqueeze(place, -1), e.unsqueeze(place, 0)))
    none = far * 0.0 + _NONE
    near = (far + margin) * (margin - far) * -gamma
    apart = dl.relu(1.0 + margin - far) * (1.0 - margin - far) * gamma
    loss = dl.softplus(_log_sum(dl.select(alike, near, none)) +
                       _log_sum(dl.select(differ, apart, none)))
    cast("Any", loss).mask = dl.greater(loss, 0.0)
    return loss
