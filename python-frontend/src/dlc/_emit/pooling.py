# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl
from .convolution import channels_last, extents
from .emitter import layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import ir
    from .emitter import Emitter, Layer


@layer("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "MaxPool1D", "MaxPool2D", "MaxPool3D",
       "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D",
       "AvgPool3D")
def pool(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        rank = x.rank - 2
        window = extents(item["pool_size"], rank)
        strides = window if item.get("strides") is None else extents(item["strides"], rank)
        more = {"auto_padding": "same"} if item.get("padding", "valid").lower() == "same" else {}
        op = dl.max_pool if item.class_name.startswith("Max") else dl.avg_pool
        return op(x, window=window, strides=strides, **more)
    return channels_last(e, item, x, last)


@layer("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalMaxPool1D",
       "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
       "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D")
def global_pool(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None) -> ir.Value:
    first = item.get("data_format") == "channels_first"
    axes = list(range(2, x.rank) if first else range(1, x.rank - 1))
    keep = item.get("keepdims", False)
    if item.class_name.startswith("GlobalMax"):
        return dl.reduce_max(x, axes=axes, keep_dims=keep)
    if mask is not None and x.rank == 3:
        steps = 2 if first else 1
        seen = e.unsqueeze(e.cast(mask, x.element), 1 if first else 2)
        return dl.reduce_sum(x * seen, axes=[steps], keep_dims=keep) / dl.reduce_sum(
            seen, axes=[steps], keep_dims=keep)
    return dl.reduce_mean(x, axes=axes, keep_dims=keep)


@layer(*[f"Adaptive{kind}Pooling{d}D" for kind in ("Average", "Max") for d in (1, 2, 3)])
def adaptive(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    is_max = "Max" in item.class_name

    def last(x: ir.Value) -> ir.Value:
        wanted = extents(item["output_size"], x.rank - 2)
        given = [e.known(item, x, d) for d in range(1, x.rank - 1)]
        if not any(g % w for g, w in zip(given, wanted)):
            window = [g // w for g, w in zip(given, wanted)]
            return (dl.max_pool if is_max else dl.avg_pool)(x, window=window, strides=window)
        for axis, (g, w) in enumerate(zip(given, wanted), 1):
            # Window i covers positions floor(i g / w) to before ceil((i + 1) g / w).
            spans = [(i * g // w, -(-(i + 1) * g // w)) for i in range(w)]
            x = dl.concat([dl.reduce_max(e.slice(x, axis, a, b), axes=[axis], keep_dims=True)
                           for a, b in spans], axis=axis) if is_max else \
                _means(e, x, axis, spans, g)
        return x
    return channels_last(e, item, x, last)


def _means(e: Emitter, x: ir.Value, axis: int, spans: Sequence[tuple[int, int]],
           extent: int) -> ir.Value:
    """Means over ranges of positions along one axis, as a product with their shares."""
    shares = np.zeros((extent, len(spans)), np.float32)
    for i, (a, b) in enumerate(spans):
        shares[a:b, i] = 1.0 / (b - a)
    order = [d for d in range(x.rank) if d != axis] + [axis]
    y = dl.matmul(e.transpose(x, order), e.module.constant(shares, x.element))
    return e.transpose(y, [order.index(d) for d in range(x.rank)])
