# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses, as Keras computes them: one value per sample, weighted, and their mean.

Each function takes targets and predictions of one shape (except for sparse ones) and returns the
loss of each sample, reduced over the last dimension. The formulas are those of Keras 3, including
its clipping by 1e-7.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

from .. import dl, ir
from . import class_losses
from .ctc import ctc
from .loss_terms import (
    EPSILON,
    kept_total,
    known_classes,
    mean,
    one_hot,
    probabilities,
    require_classes,
    smooth,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .emitter import Config, Emitter


def _unit(x: ir.Value) -> ir.Value:
    return x / dl.sqrt(dl.maximum(kept_total(dl.square(x)), 1e-12))


def _huber(e: Emitter, t: ir.Value, y: ir.Value, delta: float = 1.0) -> ir.Value:
    error = dl.abs(y - t)
    return mean(dl.select(dl.less_equal(error, delta), dl.square(error) * 0.5,
                          error * delta - 0.5 * delta * delta))


def _log_cosh(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    x = y - t
    return mean(x + dl.softplus(x * -2.0) - 0.6931471805599453)


def _signs(t: ir.Value) -> ir.Value:
    """Converts labels of 0 and 1 to -1 and 1; others are unchanged."""
    is_binary = dl.reduce_min(dl.select(dl.or_(dl.equal(t, 0.0), dl.equal(t, 1.0)),
                                        t * 0.0 + 1.0, t * 0.0))
    return dl.select(dl.greater(is_binary, 0.5), t * 2.0 - 1.0, t)


def _binary_cross_entropy(e: Emitter, t: ir.Value, y: ir.Value, from_logits: bool = False,
                          label_smoothing: float = 0.0) -> ir.Value:
    t = smooth(t, label_smoothing, 0.5)
    if from_logits:
        return mean(dl.relu(y) - y * t + dl.softplus(-dl.abs(y)))
    y = probabilities(y)
    return mean(-(t * dl.log(y) + (1.0 - t) * dl.log(1.0 - y)))


def _log_probabilities(y: ir.Value, from_logits: bool, axis: int) -> ir.Value:
    if from_logits:
        return dl.log_softmax(y, axis=axis)
    y = y / dl.reduce_sum(y, axes=[axis], keep_dims=True)
    return dl.log(probabilities(y))


def _categorical_cross_entropy(e: Emitter, t: ir.Value, y: ir.Value, from_logits: bool = False,
                               label_smoothing: float = 0.0, axis: int = -1) -> ir.Value:
    t = smooth(t, label_smoothing, 1.0 / (y.shape[axis] or 1))
    return -dl.reduce_sum(t * _log_probabilities(y, from_logits, axis), axes=[axis])


def _sparse_cross_entropy(e: Emitter, t: ir.Value, y: ir.Value, from_logits: bool = False,
                          ignore_class: int | None = None, axis: int = -1) -> ir.Value:
    if axis % y.rank != y.rank - 1:
        raise ir.IRError("sparse_categorical_crossentropy takes classes in the last dimension")
    if t.rank == y.rank:
        t = e.squeeze(t, -1)
    classes = known_classes("sparse_categorical_crossentropy", y)
    counts = None
    if ignore_class is not None:
        counts = dl.not_equal(t, int(ignore_class))
        t = dl.select(counts, t, t * 0)
    t = require_classes(e, t, classes)
    loss = -total(one_hot(e, t, classes) * _log_probabilities(y, from_logits, axis))
    if counts is not None:
        loss = dl.select(counts, loss, loss * 0.0)
        cast("Any", loss).mask = counts
    return loss


def _kl_divergence(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    t, y = (dl.clip(v, low=EPSILON, high=1.0) for v in (t, y))
    return total(t * dl.log(t / y))


def _categorical_hinge(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    return dl.relu(dl.reduce_max((1.0 - t) * y, axes=[-1]) - total(t * y) + 1.0)


def _logarithmic(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    a, b = (dl.log(dl.relu(v - EPSILON) + (1.0 + EPSILON)) for v in (y, t))
    return mean(dl.square(a - b))


def _perceptron(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    """Gradient descent on it is the perceptron rule, w += rate (t - y) x: the output of the neuron
    is treated as a constant, and its sum is updated."""
    if not hasattr(y, "sums"):
        raise ir.IRError("loss perceptron is of neurons that decide: end the model with a "
                         "Perceptron layer")
    return total((y - t) * y.sums)


# The parameters of each are those of its Keras class.
LOSSES: dict[str, Callable[..., ir.Value]] = {
    "mean_squared_error": lambda e, t, y: mean(dl.square(t - y)),
    "mean_absolute_error": lambda e, t, y: mean(dl.abs(t - y)),
    "mean_absolute_percentage_error": lambda e, t, y: 100.0 * mean(
        dl.abs((t - y) / dl.maximum(dl.abs(t), EPSILON))),
    "mean_squared_logarithmic_error": _logarithmic,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "cosine_similarity": lambda e, t, y: -total(_unit(t) * _unit(y)),
    "kl_divergence": _kl_divergence,
    "poisson": lambda e, t, y: mean(y - t * dl.log(y + EPSILON)),
    "hinge": lambda e, t, y: mean(dl.relu(1.0 - _signs(t) * y)),
    "squared_hinge": lambda e, t, y: mean(dl.square(dl.relu(1.0 - _signs(t) * y))),
    "categorical_hinge": _categorical_hinge,
    "binary_crossentropy": _binary_cross_entropy,
    "categorical_crossentropy": _categorical_cross_entropy,
    "sparse_categorical_crossentropy": _sparse_cross_entropy,
    "binary_focal_crossentropy": class_losses.binary_focal,
    "categorical_focal_crossentropy": class_losses.categorical_focal,
    "categorical_generalized_crossentropy": class_losses.generalized_cross_entropy,
    "dice": class_losses.dice,
    "tversky": class_losses.tversky,
    "circle": class_losses.circle,
    "ctc": ctc,
    "perceptron": _perceptron,
}
# Losses whose targets are labels: one per vector of the output, or as many as there are.
SPARSE = {"sparse_categorical_crossentropy", "categorical_generalized_crossentropy", "circle"}
# A custom loss: its configuration has `emit`, (emitter, target, prediction) -> values.
OWN = "own"
# Losses whose targets have extents after the batch that do not follow from the output. They are
# `target` in the configuration.
BY_DATA = {"ctc": "i64", OWN: "f32"}
_SHORT = {"mse": "mean_squared_error", "mae": "mean_absolute_error",
          "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error",
          "bce": "binary_crossentropy", "cce": "categorical_crossentropy",
          "kld": "kl_divergence", "kldivergence": "kl_divergence",
          "kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh",
          "cosine": "cosine_similarity"}


def full_name(name: str) -> str:
    """The full name of a loss or metric: mse, MeanSquaredError and mean_squared_error are one."""
    text = "".join("_" + c.lower() if c.isupper() and i and not name[i - 1].isupper() else
                   c.lower() for i, c in enumerate(name))
    text = text.replace("cross_entropy", "crossentropy")
    return _SHORT.get(text, text)


_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")


def unsupported(name: str, config: Config) -> str:
    """Describes the options of a loss that dlc does not support; empty if it supports all."""
    if name not in LOSSES and name != OWN:
        return f"dlc knows {', '.join(sorted(LOSSES))}"
    if config.get("reduction", "mean") not in _REDUCTIONS:
        return f"reduction {config['reduction']}, expected one of {', '.join(_REDUCTIONS)}"
    if name == OWN:
        return ""
    known = set(inspect.signature(LOSSES[name]).parameters)
    known |= {"reduction", "name", "dtype", "target"}
    asked = [k for k, v in config.items()
             if k not in known and v is not None and not (k == "axis" and v == -1)]
    return f"its {', '.join(asked)} is not known to dlc" if asked else ""


def target_type(name: str, config: Config, shape: Sequence[int | None], type_: str) -> str:
    """The type of the targets for an output of this shape and type."""
    if name in BY_DATA:
        return ir.type_of([shape[0], *config["target"]], BY_DATA[name])
    return ir.type_of(shape[:-1], "i64") if name in SPARSE else type_


def prepared(e: Emitter, name: str, target: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Target and prediction with equal rank, squeezed as in Keras."""
    if name in SPARSE or name in BY_DATA:
        return target, y
    if target.rank == y.rank - 1 and y.shape[-1] == 1:
        target = e.unsqueeze(target, -1)
    if target.rank == y.rank + 1 and target.shape[-1] == 1:
        target = e.squeeze(target, -1)
    return e.cast(target, y.element), y


def emit_loss(e: Emitter, name: str, config: Config, target: ir.Value, y: ir.Value,
              weights: ir.Value | None = None, mask: ir.Value | None = None) -> ir.Value:
    """A scalar: the mean of the losses of the samples times their weights."""
    target, y = prepared(e, name, target, y)
    fault = unsupported(name, config)
    if fault:
        raise ir.IRError(f"loss {name}: {fault}")
    if name == OWN:
        values = config["emit"](e, target, y)
    else:
        known = inspect.signature(LOSSES[name]).parameters
        values = LOSSES[name](e, target, y, **{k: v for k, v in config.items()
                                               if k in known and v is not None})
    masks = [m for m in (mask, getattr(values, "mask", None))
             if m is not None and m.rank == values.rank]
    return _reduced(e, values, config.get("reduction", "sum_over_batch_size"), weights,
                    masks[0] if len(masks) == 1 else dl.and_(*masks) if masks else None)


def _reduced(e: Emitter, values: ir.Value, reduction: str, weights: ir.Value | None,
             mask: ir.Value | None) -> ir.Value:
    """Reduces the losses of the samples. Masked ones do not count in a mean."""
    if values.rank == 0 and reduction == "sum":
        # Steps always have weights; a sum of ones would count the samples.
        cast("Any", values).ignores_weights = True
        return values
    scale = None
    if mask is not None:
        scale = e.cast(mask, values.element)
        if reduction in ("sum_over_batch_size", "mean"):
            scale = scale / dl.maximum(dl.reduce_mean(scale), 1e-30)  # if all is masked
    if weights is not None:
        spread = e.reshape(weights, [e.extent(weights, 0), *[1] * (values.rank - 1)]) \
            if values.rank > 1 and weights.rank == 1 else weights
        scale = spread if scale is None else scale * spread
    if scale is None:
        return dl.reduce_sum(values) if reduction == "sum" else dl.reduce_mean(values)
    if reduction == "mean_with_sample_weight":
        whole = dl.reduce_sum(values * 0.0 + scale)
        is_none = dl.equal(whole, 0.0)
        return dl.select(is_none, whole * 0.0, dl.reduce_sum(values * scale) /
                         dl.select(is_none, whole + 1.0, whole))
    values = values * scale
    return dl.reduce_sum(values) if reduction == "sum" else dl.reduce_mean(values)
