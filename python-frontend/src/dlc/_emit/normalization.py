"""Normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import ir
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
def batch_normalization(e: Emitter, item: Layer, x: ir.Value, training: bool | None = None,
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
    ones = e.module.constant([1.0] * channels, x.element) if gamma is None else gamma
    zeros = e.module.constant([0.0] * channels, x.element) if beta is None else beta
    forward = [d for d in range(x.rank) if d != axis] + [axis]
    back = sorted(range(x.rank), key=lambda d: forward[d])
    x = e.transpose(x, forward)
    # A layer that does not learn stays as it is at inference.
    if (e.training if training is None else training) and item.trainable:
        y, now, spread = dl.batch_norm_training(x, ones, zeros, epsilon=item["epsilon"])
        share = item.get("momentum", 0.99)
        e.updates[f"{item.path}/moving_mean"] = mean * share + now * (1 - share)
        e.updates[f"{item.path}/moving_variance"] = variance * share + spread * (1 - share)
    else:
        y = dl.batch_norm(x, ones, zeros, mean, variance, epsilon=item["epsilon"])
    return e.transpose(y, back)


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
