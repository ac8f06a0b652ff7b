# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers with random behaviour in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .emitter import layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import ir
    from .emitter import Emitter, Extent, Layer


def _dropped(e: Emitter, x: ir.Value, rate: float,
             extents: Sequence[Extent] | None = None) -> ir.Value:
    """Dropout: x with random zeros, scaled to keep the mean. extents: those of the mask."""
    if e.marks_dropout and rate and extents is None:
        return dl.dropout(x, rate=rate, stream=e.stream())
    if not e.training or not rate:
        return x
    if extents is None:
        return dl.dropout(x, e.random, rate=rate, stream=e.stream())
    mask = e._shaped("dl.random_uniform", e.random, extents, element=x.element,
                     stream=e.stream())
    return dl.select(dl.greater_equal(mask, rate), x / (1.0 - rate), x * 0.0)


@layer("Dropout")
def dropout(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    shape = item.get("noise_shape")
    if shape is None:
        return _dropped(e, x, item["rate"])
    extents = [e.extent(x, d) if s is None else s for d, s in enumerate(shape)]
    return _dropped(e, x, item["rate"], extents)


@layer("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def spatial_dropout(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    channel = 1 if item.get("data_format") == "channels_first" else x.rank - 1
    return _dropped(e, x, item["rate"],
                    [e.extent(x, d) if d in (0, channel) else 1 for d in range(x.rank)])


def _normal(e: Emitter, x: ir.Value, deviation: float, mean: float = 0.0) -> ir.Value:
    return e._shaped("dl.random_normal", e.random, [e.extent(x, d) for d in range(x.rank)],
                     element=x.element, stream=e.stream(), mean=mean, deviation=deviation)


@layer("GaussianNoise")
def gaussian_noise(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return x + _normal(e, x, item["stddev"]) if e.training and item["stddev"] else x


@layer("GaussianDropout")
def gaussian_dropout(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    rate = item["rate"]
    return x * _normal(e, x, (rate / (1.0 - rate)) ** 0.5, 1.0) if e.training and rate else x


@layer("AlphaDropout")
def alpha_dropout(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    rate: float = item["rate"]
    if not e.training or not rate:
        return x
    low = -1.6732632423543772 * 1.0507009873554805
    a: float = ((1 - rate) * (1 + rate * low ** 2)) ** -0.5
    shape = item.get("noise_shape") or [None] * x.rank
    kept = e._shaped("dl.random_uniform", e.random,
                     [e.extent(x, d) if s is None else s for d, s in enumerate(shape)],
                     element=x.element, stream=e.stream())
    return dl.select(dl.greater_equal(kept, rate), x, x * 0.0 + low) * a - a * low * rate


