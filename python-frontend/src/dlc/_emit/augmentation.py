# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random changes of images in training; at inference they do not change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import dl
from .emitter import UnknownLayers, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .. import ir
    from .emitter import Emitter, Layer

    # For each image the rows a0 a1 a2 and b0 b1 b2: it is sampled at x' = a0 x + a1 y + a2.
    Affine = Sequence[ir.Value | float]


def drawn(e: Emitter, x: ir.Value, low: float, high: float) -> ir.Value:
    """A random number for each image, `[batch, 1, 1, 1]`."""
    return e._shaped("dl.random_uniform", e.random, [e.extent(x, 0), 1, 1, 1], element="f32",
                     stream=e.stream(), low=float(low), high=float(high))


def _changed(e: Emitter, item: Layer, x: ir.Value,
             function: Callable[[ir.Value], ir.Value]) -> ir.Value:
    """Applies function in training, to images with channels last."""
    x = e.cast(x, "f32")
    if not e.training:
        return x
    if x.rank != 4:
        raise UnknownLayers(f"{item.path} ({item.class_name} of {list(x.shape)}, expected images "
                            "[batch, height, width, channels])")
    from .convolution import channels_last
    return channels_last(e, item, x, function)


def _range(value: Any) -> tuple[float, float]:
    """The range of a random factor; a single number means both signs."""
    if isinstance(value, (list, tuple)):
        low, high = sorted(map(float, value))
        return low, high
    return -abs(float(value)), abs(float(value))


@layer("RandomFlip")
def random_flip(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    """Flips half of the images, along all axes of the mode at once."""
    def last(x: ir.Value) -> ir.Value:
        chosen = dl.less_equal(drawn(e, x, 0.0, 1.0), 0.5)
        mode = item.get("mode", "horizontal_and_vertical")
        for word, axis in (("horizontal", 2), ("vertical", 1)):
            if word in mode:
                x = dl.select(chosen, e.slice(x, axis, -1, None, -1), x)
        return x
    return _changed(e, item, x, last)


@layer("RandomContrast")
def random_contrast(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    factor = item["factor"]
    low, high = factor if isinstance(factor, (list, tuple)) else (factor, factor)
    least, most = item.get("value_range") or (0, 255)

    def last(x: ir.Value) -> ir.Value:
        mean = dl.reduce_mean(x, axes=[1, 2], keep_dims=True)
        y = (x - mean) * drawn(e, x, 1.0 - low, 1.0 + high) + mean
        return dl.clip(y, low=float(least), high=float(most))
    return _changed(e, item, x, last)


@layer("RandomBrightness")
def random_brightness(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    low, high = _range(item["factor"])
    least, most = sorted(item.get("value_range") or (0, 255))

    def last(x: ir.Value) -> ir.Value:
        y = x + drawn(e, x, low, high) * float(most - least)
        return dl.clip(y, low=float(least), high=float(most))
    return _changed(e, item, x, last)


#--- Positions -------------------------------------------------------------------------

def _moved(e: Emitter, item: Layer, x: ir.Value,
           matrix: Callable[[ir.Value, int, int], Affine]) -> ir.Value:
    """Images sampled where matrix(images, height, width) says, in training."""
    def last(x: ir.Value) -> ir.Value:
        height, width = (e.known(item, x, d) for d in (1, 2))
        return _affine(e, item, x, matrix(x, height, width))
    return _changed(e, item, x, last)


@layer("RandomTranslation")
def random_translation(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def matrix(x: ir.Value, height: int, width: int) -> Affine:
        down = drawn(e, x, *_range(item["height_factor"])) * float(height)
        right = drawn(e, x, *_range(item["width_factor"])) * float(width)
        return [1.0, 0.0, -right, 0.0, 1.0, -down]
    return _moved(e, item, x, matrix)


@layer("RandomZoom")
def random_zoom(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    def matrix(x: ir.Value, height: int, width: int) -> Affine:
        low, high = _range(item["height_factor"])
        of_rows = of_columns = drawn(e, x, 1.0 + low, 1.0 + high)
        if item.get("width_factor") is not None:
            low, high = _range(item["width_factor"])
            of_columns = drawn(e, x, 1.0 + low, 1.0 + high)
        return [of_columns, 0.0, (1.0 - of_columns) * ((width - 1) / 2), 0.0,
                of_rows, (1.0 - of_rows) * ((height - 1) / 2)]
    return _moved(e, item, x, matrix)


@layer("RandomRotation")
def random_rotation(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    """Factors are fractions of a full turn."""
    def matrix(x: ir.Value, height: int, width: int) -> Affine:
        low, high = _range(item["factor"])
        angle = drawn(e, x, low * 360.0, high * 360.0) * (math.pi / 180.0)
        cosine, sine = dl.cos(angle), dl.sin(angle)
        cx, cy = (width - 1) / 2, (height - 1) / 2
        return [cosine, -sine, cx - cosine * cx + sine * cy, sine, cosine,
                cy - sine * cx - cosine * cy]
    return _moved(e, item, x, matrix)


def _affine(e: Emitter, item: Layer, x: ir.Value, rows: Affine) -> ir.Value:
    """Samples x at transformed positions; fill_mode defines values outside."""
    height, width = (e.known(item, x, d) for d in (1, 2))
    batch = e.extent(x, 0)
    across = e.cast(e._shaped("dl.iota", None, [1, 1, width, 1], element="i64", axis=2), "f32")
    down = e.cast(e._shaped("dl.iota", None, [1, height, 1, 1], element="i64", axis=1), "f32")
    a0, a1, a2, b0, b1, b2 = rows
    at = [e.broadcast(across * a0 + down * a1 + a2, [batch, height, width, 1]),
          e.broadcast(across * b0 + down * b1 + b2, [batch, height, width, 1])]
    image = e._shaped("dl.iota", None, [batch, 1, 1, 1], element="i64", axis=0)
    flat = e.reshape(x, [e.product([batch, height, width]), e.extent(x, 3)])
    mode = item.get("fill_mode", "reflect")
    kind = item.get("interpolation", "bilinear")
    if mode not in _INSIDE or kind not in ("nearest", "bilinear"):
        raise UnknownLayers(f"{item.path} ({item.class_name} with fill_mode={mode}, "
                            f"interpolation={kind})")

    def read(column: ir.Value, row: ir.Value) -> ir.Value:
        """Pixels at integer positions, inside or outside."""
        inside = [_INSIDE[mode](p, n) for p, n in ((column, width), (row, height))]
        index = image * (height * width) + e.cast(inside[1], "i64") * width + \
            e.cast(inside[0], "i64")
        y = dl.gather(flat, e.squeeze(index, -1))
        if mode != "constant":
            return y
        seen = dl.and_(_is_inside(column, width), _is_inside(row, height))
        return dl.select(seen, y, float(item.get("fill_value") or 0.0))

    if kind == "nearest":  # halves round away from 0
        whole = [dl.sign(p) * dl.floor(dl.abs(p) + 0.5) for p in at]
        return read(*whole)
    first = [dl.floor(p) for p in at]
    (u, v), (column, row) = [p - f for p, f in zip(at, first)], first
    return (read(column, row) * (1.0 - u) + read(column + 1.0, row) * u) * (1.0 - v) + \
        (read(column, row + 1.0) * (1.0 - u) + read(column + 1.0, row + 1.0) * u) * v


def _is_inside(p: ir.Value, n: int) -> ir.Value:
    return dl.and_(dl.greater_equal(p, 0.0), dl.less(p, float(n)))


def _modulo(p: ir.Value, n: int) -> ir.Value:
    return p - dl.floor(p * (1.0 / n) + 0.5 / n) * float(n)


def _mirrored(p: ir.Value, n: int) -> ir.Value:
    """0 1 .. n-1 n-2 .. 1 0 1 .."""
    last = n - 1
    return dl.abs(_modulo(p + float(last), 2 * last) - float(last)) if last else p * 0.0


# The position inside n that any integer position maps to.
_INSIDE: dict[str, Callable[[ir.Value, int], ir.Value]] = {
    "constant": lambda p, n: dl.clip(p, low=0.0, high=float(n - 1)),
    "nearest": lambda p, n: dl.clip(p, low=0.0, high=float(n - 1)),
    "wrap": _modulo, "mirror": _mirrored,
    # 0 1 .. n-1 n-1 .. 1 0 0 1 ..
    "reflect": lambda p, n: (_mirrored(p * 2.0 + 1.0, 2 * n + 1) - 1.0) * 0.5}
