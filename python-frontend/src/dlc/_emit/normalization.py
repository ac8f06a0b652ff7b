# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .emitter import Emitter, Layer

ONES = {"class_name": "Ones", "config": {}}


def scale_and_offset(e: Emitter, item: Layer,
                     shape: Sequence[int | None]) -> tuple[ir.Value | None, ir.Value | None]:
    gamma, beta = (
        e.weight(item, name, shape, item.get(f"{name}_initializer", default),
                 regularizer=item.get(f"{name}_regularizer"),
                 constraint=item.get(f"{name}_constraint")) if item.get(flag, True) else None
        for name, flag, default in (("gamma", "scale", ONES), ("beta", "center", None)))
    return gamma, beta


@layer("BatchNormalization")
def batch_normalization(e: Emitter, item: Layer, x: ir.Value,
                        mask: ir.Value | None = None) -> ir.Value:
    axis = item.get("axis", -1)
    axis = (axis[0] if isinstance(axis, (list, tuple)) else axis) % x.rank
    channels = x.shape[axis]
    gamma, beta = scale_and_offset(e, item, (channels,))
    mean = e.weight(item, "moving_mean", (channels,), item.get("moving_mean_initializer"),
                    trainable=False, running=True)
    variance = e.weight(item, "moving_variance", (channels,),
                        item.get("moving_variance_initializer", ONES), trainable=False,
                        running=True)
    # A layer that is not trainable stays in inference form.
    learns = e.training and item.trainable
    if item.trainable and (learns or not e.training):
        odd = "a mask" if mask is not None else "renorm" if item.get("renorm") else None
        e.norms[item.path] = None if not learns else odd or item.get("momentum", 0.99)
    if learns and (mask is not None or item.get("renorm")):
        return _of_batch(e, item, x, axis, gamma, beta, (mean, variance), mask)
    ones = e.module.constant([1.0] * channels, x.element) if gamma is None else gamma
    zeros = e.module.constant([0.0] * channels, x.element) if beta is None else beta
    forward = [d for d in range(x.rank) if d != axis] + [axis]
    back = sorted(range(x.rank), key=lambda d: forward[d])
    x = e.transpose(x, forward)
    if learns:
        y, now, spread = dl.batch_norm_training(x, ones, zeros, epsilon=item["epsilon"])
        _average(e, item, "moving_mean", mean, now)
        _average(e, item, "moving_variance", variance, spread)
    else:
        y = dl.batch_norm(x, ones, zeros, mean, variance, epsilon=item["epsilon"])
    return e.transpose(y, back)


def _average(e: Emitter, item: Layer, name: str, before: ir.Value, now: ir.Value,
             momentum: str = "momentum") -> ir.Value:
    """Updates a running average."""
    share = item.get(momentum, 0.99)
    moved: ir.Value = before * share + now * (1 - share)
    e.updates[f"{item.path}/{name}"] = moved
    return moved


def _of_batch(e: Emitter, item: Layer, x: ir.Value, axis: int, gamma: ir.Value | None,
              beta: ir.Value | None, running: tuple[ir.Value, ir.Value],
              mask: ir.Value | None) -> ir.Value:
    """With moments over unmasked elements, and with batch renormalisation (Ioffe, 2017)."""
    axes = [d for d in range(x.rank) if d != axis]
    shape = [x.shape[axis] if d == axis else 1 for d in range(x.rank)]
    if mask is None:
        mean = dl.reduce_mean(x, axes=axes, keep_dims=True)
        variance = dl.reduce_mean(dl.square(x - mean), axes=axes, keep_dims=True)
    else:
        if mask.rank != x.rank - 1:
            raise ir.IRError(f"{item.path}: the mask has the shape {list(mask.shape)}, expected "
                             f"one of {x.rank - 1} dimensions beside {list(x.shape)}")
        seen = e.broadcast(e.unsqueeze(e.cast(mask, x.element), -1), e.extents(x))
        count = dl.reduce_sum(seen, axes=axes, keep_dims=True) + 1e-7  # as in Keras, for empty ones
        mean = dl.reduce_sum(x * seen, axes=axes, keep_dims=True) / count
        variance = dl.reduce_sum(dl.square((x - mean) * seen), axes=axes, keep_dims=True) / count
    y = (x - mean) / dl.sqrt(variance + item["epsilon"])
    flat, spread = (e.reshape(v, [shape[axis]]) for v in (mean, variance))
    _average(e, item, "moving_mean", running[0], flat)
    if item.get("renorm"):
        r, d = _renormalized(e, item, flat, spread)
        y = y * e.reshape(r, shape) + e.reshape(d, shape)
    else:
        _average(e, item, "moving_variance", running[1], spread)
    y = y if gamma is None else y * e.reshape(gamma, shape)
    return y if beta is None else y + e.reshape(beta, shape)


def _renormalized(e: Emitter, item: Layer, mean: ir.Value,
                  variance: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The factor and the offset that map the moments of the batch to the running ones, without
    gradients. Updates the averages."""
    deviation = dl.sqrt(variance + item["epsilon"])
    at, of = _running_deviation(e, item, mean.shape)
    floor = dl.maximum(of, item["epsilon"] ** 0.5)
    r, d = deviation / floor, (mean - at) / floor
    limits = item.get("renorm_clipping") or {}
    if limits.get("rmin") is not None:
        r = dl.maximum(r, float(limits["rmin"]))
    if limits.get("rmax") is not None:
        r = dl.minimum(r, float(limits["rmax"]))
    if limits.get("dmax") is not None:
        d = dl.clip(d, low=-float(limits["dmax"]), high=float(limits["dmax"]))
    _average(e, item, "renorm_mean", at, mean, "renorm_momentum")
    _average(e, item, "renorm_stddev", of, deviation, "renorm_momentum")
    moved = _average(e, item, "moving_stddev", e.weight(
        item, "moving_stddev", mean.shape, ONES, trainable=False, running=True), deviation)
    e.updates[f"{item.path}/moving_variance"] = dl.relu(moved * moved - item["epsilon"])
    return e.without_gradient(r), e.without_gradient(d)


def _running_deviation(e: Emitter, item: Layer,
                       shape: Sequence[int | None]) -> tuple[ir.Value, ir.Value]:
    """The mean and deviation that batches are renormalised by."""
    first = item.get("moving_variance_initializer", ONES)
    return (e.weight(item, "renorm_mean", shape, item.get("moving_mean_initializer"),
                     trainable=False, running=True),
            e.weight(item, "renorm_stddev", shape, first, trainable=False, running=True))


@layer("LayerNormalization")
def layer_normalization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    axis = item.get("axis", -1)
    axes = sorted(a % x.rank for a in ([axis] if isinstance(axis, int) else axis))
    shape = [x.shape[a] for a in axes]
    gamma, beta = scale_and_offset(e, item, shape)
    mean = dl.reduce_mean(x, axes=axes, keep_dims=True)
    centred = x - mean
    variance = dl.reduce_mean(dl.square(centred), axes=axes, keep_dims=True)
    spread = [x.shape[d] if d in axes else 1 for d in range(x.rank)]
    if len(axes) == 1 and axes[0] == x.rank - 1 and (gamma is None) == (beta is None):
        return dl.layer_norm(x, gamma, beta, epsilon=item["epsilon"])
    y = centred / dl.sqrt(variance + item["epsilon"])
    if gamma is not None:
        y = y * e.reshape(gamma, spread)
    return y if beta is None else y + e.reshape(beta, spread)


@layer("RMSNormalization")
def rms_normalization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    axis = item.get("axis", -1)
    axes = sorted(a % x.rank for a in ([axis] if isinstance(axis, int) else axis))
    scale = e.weight(item, "scale", [x.shape[a] for a in axes], ONES)
    square = dl.reduce_mean(dl.square(x), axes=axes, keep_dims=True)
    spread = [x.shape[d] if d in axes else 1 for d in range(x.rank)]
    return x / dl.sqrt(square + item["epsilon"]) * e.reshape(scale, spread)


@layer("GroupNormalization")
def group_normalization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    axis = item.get("axis", -1) % x.rank
    channels = e.known(item, x, axis)
    groups = channels if item["groups"] == -1 else item["groups"]
    if channels % groups:
        raise UnknownLayers(f"{item.path} (GroupNormalization of {channels} channels in {groups} "
                            "groups)")
    gamma, beta = scale_and_offset(e, item, (channels,))
    forward = [d for d in range(x.rank) if d != axis] + [axis]
    back = sorted(range(x.rank), key=lambda d: forward[d])
    x = e.transpose(x, forward)
    whole = [e.extent(x, d) for d in range(x.rank)]
    split = e.reshape(x, [*whole[:-1], groups, channels // groups])
    axes = [*range(1, x.rank - 1), x.rank]
    centred = split - dl.reduce_mean(split, axes=axes, keep_dims=True)
    variance = dl.reduce_mean(dl.square(centred), axes=axes, keep_dims=True)
    y = e.reshape(centred / dl.sqrt(variance + item["epsilon"]), whole)
    y = y if gamma is None else y * gamma
    return e.transpose(y if beta is None else y + beta, back)


@layer("UnitNormalization")
def unit_normalization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    axis = item.get("axis", -1)
    axes = [axis] if isinstance(axis, int) else list(axis)
    square = dl.reduce_sum(dl.square(x), axes=axes, keep_dims=True)
    return x / dl.sqrt(dl.maximum(square, 1e-12))
