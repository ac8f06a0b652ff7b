# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Preprocessing: classes as vectors, intervals, sizes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from .. import dl, ir
from .convolution import channels_last
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .emitter import Emitter, Layer

    Array = npt.NDArray[np.float64]

#--- Numbers ---------------------------------------------------------------------------

def _encoded(e: Emitter, item: Layer, x: ir.Value, mode: str, depth: int,
             weights: ir.Value | None = None) -> ir.Value:
    """Encodes integers below depth as vectors: one each, or one for a whole sample."""
    if mode == "one_hot" and x.rank > 1 and x.shape[-1] == 1:
        x = e.squeeze(x, -1)
    numbers = e.module.constant(np.arange(depth, dtype=np.int64))
    one = e.cast(dl.equal(e.unsqueeze(e.cast(x, "i64"), -1), numbers), "f32")
    if mode == "one_hot":
        return one
    axis = 1 if x.rank > 1 else 0
    if mode == "multi_hot":
        return dl.reduce_max(one, axes=[axis])
    if mode != "count":
        raise UnknownLayers(f"{item.path} ({item.class_name} with output_mode={mode})")
    return dl.reduce_sum(one if weights is None else one * e.unsqueeze(weights, -1), axes=[axis])


@layer("CategoryEncoding")
def category_encoding(e: Emitter, item: Layer, x: ir.Value,
                      count_weights: ir.Value | None = None) -> ir.Value:
    return _encoded(e, item, x, item.get("output_mode", "multi_hot"), item["num_tokens"],
                    count_weights)


@layer("Discretization")
def discretization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    """The number of boundaries that are at most x."""
    boundaries = item.get("bin_boundaries")
    if boundaries is None:
        raise UnknownLayers(f"{item.path} (Discretization without bin_boundaries, expected them in "
                            "the constructor or by adapt)")
    reached = dl.greater_equal(e.unsqueeze(e.cast(x, "f32"), -1),
                               np.asarray(boundaries, np.float32))
    number = e.cast(dl.reduce_sum(e.cast(reached, "f32"), axes=[-1]), "i64")
    mode = item.get("output_mode", "int")
    return number if mode == "int" else _encoded(e, item, number, mode, len(boundaries) + 1)


#--- Sizes -----------------------------------------------------------------------------

def _lanczos(radius: int) -> Callable[[Array], Array]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


def _cubic(x: Array) -> Array:
    """Keys's cubic kernel with a = -1/2."""
    near, far = (1.5 * x - 2.5) * x * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


_KERNELS: dict[str, Callable[[Array], Array]] = {
    "bilinear": lambda x: np.maximum(0.0, 1.0 - x), "bicubic": _cubic,
    "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}


def shares(given: int, wanted: int, interpolation: str, antialias: bool = False) -> Array:
    """`[given, wanted]`: the share of each position in each position of another size. Positions are
    cells with centres at i + 1/2."""
    step = given / wanted
    middles = (np.arange(wanted) + 0.5) * step
    if interpolation == "nearest":
        return np.eye(given)[:, np.minimum(middles.astype(int), given - 1)]
    reach = max(step, 1.0) if antialias else 1.0
    distance = np.abs(middles[None] - 0.5 - np.arange(given)[:, None]) / reach
    found = _KERNELS[interpolation](distance)
    total: Array = found / found.sum(0)
    return total


def resized(e: Emitter, item: Layer, x: ir.Value, size: tuple[int, int], interpolation: str,
            antialias: bool = False) -> ir.Value:
    """Resizes `[batch, height, width, channels]` to another height and width, by two products."""
    if interpolation not in (*_KERNELS, "nearest"):
        raise UnknownLayers(f"{item.path} ({item.class_name} with interpolation={interpolation})")
    for axis, wanted in enumerate(size, 1):
        given = e.known(item, x, axis)
        if given != wanted:
            weights = shares(given, wanted, interpolation, antialias).astype(np.float32)
            order = [d for d in range(x.rank) if d != axis] + [axis]
            y = dl.matmul(e.transpose(x, order), e.module.constant(weights, x.element))
            x = e.transpose(y, [order.index(d) for d in range(x.rank)])
    return x


def _aspect(e: Emitter, item: Layer, x: ir.Value, size: tuple[int, int]) -> tuple[int, ...]:
    """The height and width of x, and the ones with the wanted ratio for its width and for its
    height."""
    height, width = (e.known(item, x, d) for d in (1, 2))
    return height, width, int(width * size[0] / size[1]), int(height * size[1] / size[0])


def cropped(e: Emitter, item: Layer, x: ir.Value, size: tuple[int, int]) -> ir.Value:
    """The centre of x with the ratio of a height and a width."""
    height, width, high, wide = _aspect(e, item, x, size)
    for axis, given, kept in ((1, height, max(min(height, high), 1)),
                              (2, width, max(min(width, wide), 1))):
        start = (given - kept) // 2
        x = e.slice(x, axis, start, start + kept)
    return x


def _padded(e: Emitter, item: Layer, x: ir.Value, size: tuple[int, int],
            number: float) -> ir.Value:
    """x padded with a number to the ratio of a height and a width."""
    height, width, high, wide = _aspect(e, item, x, size)
    rows, columns = (max(height, high) - height) // 2, (max(width, wide) - width) // 2
    sides = [0, rows, 0, 0] if rows else [0, 0, columns, 0]
    return dl.pad(x - number, low=sides, high=sides) + number if any(sides) else x


@layer("Resizing")
def resizing(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    size = int(item["height"]), int(item["width"])
    element = x.element

    def last(x: ir.Value) -> ir.Value:
        if item.get("crop_to_aspect_ratio"):
            x = cropped(e, item, x, size)
        elif item.get("pad_to_aspect_ratio"):
            if item.get("fill_mode", "constant") != "constant":
                raise UnknownLayers(f"{item.path} (Resizing with fill_mode={item['fill_mode']})")
            x = _padded(e, item, x, size, float(item.get("fill_value") or 0.0))
        return resized(e, item, x, size, item.get("interpolation", "bilinear"),
                       bool(item.get("antialias")))

    y = _of_images(e, item, e.cast(x, "f32"), last)
    if element in ("i32", "i64", "ui8", "u8"):  # colours stay integers
        high = 255.0 if element in ("ui8", "u8") else 2.0 ** 31 - 128
        y = e.cast(dl.clip(dl.round(y), low=0.0 if high == 255.0 else -high, high=high), element)
    return y


def _of_images(e: Emitter, item: Layer, x: ir.Value,
               function: Callable[[ir.Value], ir.Value]) -> ir.Value:
    if x.rank != 4:
        raise UnknownLayers(f"{item.path} ({item.class_name} of {list(x.shape)}, expected images "
                            "[batch, height, width, channels])")
    return channels_last(e, item, x, function)


@layer("CenterCrop")
def center_crop(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    size = int(item["height"]), int(item["width"])

    def last(x: ir.Value) -> ir.Value:
        given = [e.known(item, x, d) for d in (1, 2)]
        if any(g < w for g, w in zip(given, size)):
            return resized(e, item, cropped(e, item, x, size), size, "bilinear")
        for axis, (g, w) in enumerate(zip(given, size), 1):
            x = e.slice(x, axis, (g - w) // 2, (g - w) // 2 + w)
        return x
    return _of_images(e, item, e.cast(x, "f32"), last)


@layer("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsampling(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    size = item["size"]
    size = [size] * (x.rank - 2) if isinstance(size, int) else list(size)
    kind = item.get("interpolation", "nearest")
    if kind == "nearest":
        return channels_last(e, item, x, lambda x: dl.upsample(x, scales=size))
    return channels_last(e, item, x, lambda x: resized(
        e, item, x, cast("tuple[int, int]", tuple(
            e.known(item, x, d) * s for d, s in enumerate(size, 1))), kind))
