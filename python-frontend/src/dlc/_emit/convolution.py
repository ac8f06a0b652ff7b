# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions and related layers. Keras's filters have dl's layout, channels-last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .core import activate, kernel_and_bias, of_weight
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .. import ir
    from .emitter import Emitter, Layer


def extents(value: int | Sequence[int], rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value)


def channels_last(e: Emitter, item: Layer, x: ir.Value,
                  function: Callable[[ir.Value], ir.Value]) -> ir.Value:
    """Applies function to x with channels last, whatever the layout of x."""
    if item.get("data_format") != "channels_first":
        return function(x)
    y = function(e.transpose(x, [0, *range(2, x.rank), 1]))
    return e.transpose(y, [0, y.rank - 1, *range(1, y.rank - 1)])


def _window(e: Emitter, item: Layer, x: ir.Value) -> tuple[ir.Value, dict[str, Any]]:
    """The attributes of a window; causal padding is applied here."""
    rank = x.rank - 2
    strides, dilations = (extents(item.get(k, 1), rank) for k in ("strides", "dilation_rate"))
    padding = item.get("padding", "valid").lower()
    if padding == "causal":
        before = dilations[0] * (extents(item["kernel_size"], 1)[0] - 1)
        x, padding = dl.pad(x, low=[0, before, 0], high=[0, 0, 0]), "valid"
    attributes: dict[str, Any] = {"strides": strides, "dilations": dilations}
    if padding == "same":
        attributes["auto_padding"] = "same"
    return x, attributes


@layer("Conv1D", "Conv2D", "Conv3D")
def conv(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        groups = item.get("groups", 1)
        kernel = extents(item["kernel_size"], x.rank - 2)
        w, b = kernel_and_bias(e, item, (*kernel, e.known(item, x) // groups, item["filters"]),
                               (item["filters"],))
        x, window = _window(e, item, x)
        return activate(e, item.get("activation"),
                        dl.conv(x, w, b, groups=groups if groups > 1 else None, **window))
    return channels_last(e, item, x, last)


@layer("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        channels, times = e.known(item, x), item.get("depth_multiplier", 1)
        kernel = extents(item["kernel_size"], x.rank - 2)
        # Keras up to 3 says depthwise_kernel in configurations, and kernel in files.
        w = e.weight(item, "kernel", (*kernel, channels, times),
                     **of_weight(item, "depthwise"))
        b = e.weight(item, "bias", (channels * times,), **of_weight(item, "bias")) \
            if item.get("use_bias", True) else None
        return activate(e, item.get("activation"), _depthwise(e, item, x, w, b, kernel, times))
    return channels_last(e, item, x, last)


def _depthwise(e: Emitter, item: Layer, x: ir.Value, w: ir.Value, b: ir.Value | None,
               kernel: Sequence[int], times: int) -> ir.Value:
    channels = e.known(item, x)
    w = e.reshape(w, [*kernel, 1, channels * times])
    x, window = _window(e, item, x)
    return dl.conv(x, w, b, groups=channels, **window)


@layer("SeparableConv1D", "SeparableConv2D")
def separable(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        channels, times = e.known(item, x), item.get("depth_multiplier", 1)
        kernel, filters = extents(item["kernel_size"], x.rank - 2), item["filters"]
        w = e.weight(item, "depthwise_kernel", (*kernel, channels, times),
                     **of_weight(item, "depthwise"))
        p = e.weight(item, "pointwise_kernel",
                     (*[1] * len(kernel), channels * times, filters),
                     **of_weight(item, "pointwise"))
        b = e.weight(item, "bias", (filters,), **of_weight(item, "bias")) \
            if item.get("use_bias", True) else None
        y = dl.conv(_depthwise(e, item, x, w, None, kernel, times), p, b)
        return activate(e, item.get("activation"), y)
    return channels_last(e, item, x, last)


@layer("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def conv_transpose(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def last(x: ir.Value) -> ir.Value:
        rank, filters = x.rank - 2, item["filters"]
        kernel, strides = (extents(item[k], rank) for k in ("kernel_size", "strides"))
        dilations = extents(item.get("dilation_rate", 1), rank)
        w, b = kernel_and_bias(e, item, (*kernel, filters, x.shape[-1]), (filters,))
        more = item.get("output_padding")
        wanted: list[int | None] = [None] * rank if more is None else [*extents(more, rank)]
        # Each input reaches d (K - 1) + 1 positions; "same" keeps as many as the stride.
        low, high, extra = [], [], []
        for k, s, d, o in zip(kernel, strides, dilations, wanted):
            reach = d * (k - 1) + 1
            if item["padding"].lower() == "valid":
                total = 0
                extra.append(o if o is not None else max(s - reach, 0))
            elif o is None:
                total = max(reach - s, 0)
                extra.append(max(s - reach, 0))
            else:
                total = 2 * (reach // 2)
                extra.append(o)
            low.append(total // 2)
            high.append(total - total // 2)
        y = dl.conv_transpose(x, w, b, strides=strides, dilations=dilations,
                              padding=[*low, *high],
                              output_padding=extra if any(extra) else None)
        return activate(e, item.get("activation"), y)
    if item.get("groups", 1) != 1:
        raise UnknownLayers(f"{item.path} ({item.class_name} with groups)")
    return channels_last(e, item, x, last)
