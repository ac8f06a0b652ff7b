"""Pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .convolution import channels_last, extents
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
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


@layer("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveMaxPooling1D",
       "AdaptiveMaxPooling2D")
def adaptive(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        wanted = extents(item["output_size"], x.rank - 2)
        given = x.shape[1:-1]
        if any(g is None or g % w for g, w in zip(given, wanted)):
            raise UnknownLayers(f"{item.path} ({item.class_name} of {list(given)} to {wanted}, "
                                "which does not divide it)")
        window = [g // w for g, w in zip(given, wanted) if g is not None]
        op = dl.max_pool if "Max" in item.class_name else dl.avg_pool
        return op(x, window=window, strides=window)
    return channels_last(e, item, x, last)
