# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""NumPy definitions of dl's ops in f64, written from their formulas.

Nothing here is shared with the compiler: loops over windows and positions, slow and obvious.
"""

import itertools

import numpy as np
from scipy import special


def window_extents(shape, kernel, strides, dilations, padding, ceil_mode):
    """(low, high, positions) per spatial dimension; padding: 'valid', 'same', 'same_lower' or (low,
    high)."""
    result = []
    for d, extent in enumerate(shape):
        reach = (kernel[d] - 1) * dilations[d] + 1
        if padding in ("same", "same_lower"):
            places = -(-extent // strides[d])
            total = max((places - 1) * strides[d] + reach - extent, 0)
            half = total // 2
            low = half if padding == "same" else total - half
            result.append((low, total - low, places))
            continue
        low, high = (0, 0) if padding == "valid" else (padding[0][d],
                                                      padding[1][d])
        room = extent + low + high - reach
        places = room // strides[d] + 1
        if ceil_mode:
            places = -(-room // strides[d]) + 1
            if (places - 1) * strides[d] >= extent + low:
                places -= 1
        result.append((low, high, places))
    return result


def windows(x, kernel, strides, dilations, padding, ceil_mode=False):
    """Yields (position, {offset: elements [N, C] or None outside, inside padding?})."""
    spatial = x.shape[1:-1]
    extents = window_extents(spatial, kernel, strides, dilations, padding,
                             ceil_mode)
    places = [range(e[2]) for e in extents]
    for place in itertools.product(*places):
        elements = {}
        for offset in itertools.product(*[range(k) for k in kernel]):
            at = tuple(p * s - e[0] + o * d for p, s, e, o, d in
                       zip(place, strides, extents, offset, dilations))
            inside = all(0 <= a < n for a, n in zip(at, spatial))
            padded = all(-e[0] <= a < n + e[1]
                         for a, n, e in zip(at, spatial, extents))
            elements[offset] = (x[(slice(None),) + at] if inside else None,
                                padded)
        yield place, elements


def conv(x, w, b, strides, dilations, padding, groups):
    kernel, f = w.shape[:-2], w.shape[-1]
    c = x.shape[-1]
    out_shape = [e[2] for e in window_extents(x.shape[1:-1], kernel, strides,
                                              dilations, padding, False)]
    y = np.zeros([x.shape[0], *out_shape, f])
    cg, fg = c // groups, f // groups
    for place, elements in windows(x, kernel, strides, dilations, padding):
        at = (slice(None),) + place
        for offset, (element, _) in elements.items():
            if element is None:
                continue
            for g in range(groups):
                y[at + (slice(g * fg, (g + 1) * fg),)] += (
                    element[:, g * cg:(g + 1) * cg]
                    @ w[offset][:, g * fg:(g + 1) * fg])
    return y if b is None else y + b


def conv_transpose(x, w, b, strides, dilations, padding, groups, output_padding):
    """Scatters every input element; w is [window..., F / groups, C]."""
    kernel, fg, c = w.shape[:-2], w.shape[-2], w.shape[-1]
    spatial, f = x.shape[1:-1], fg * groups
    rank, cg = len(spatial), c // groups
    full = [(n - 1) * s + (k - 1) * d + 1 + max(s, d) for n, s, k, d in
            zip(spatial, strides, kernel, dilations)]
    y = np.zeros([x.shape[0], *full, f])
    for place in itertools.product(*[range(n) for n in spatial]):
        for offset in itertools.product(*[range(k) for k in kernel]):
            at = tuple(p * s + o * d for p, s, o, d in
                       zip(place, strides, offset, dilations))
            for g in range(groups):
                y[(slice(None),) + at + (slice(g * fg, (g + 1) * fg),)] += (
                    x[(slice(None),) + place][:, g * cg:(g + 1) * cg]
                    @ w[offset][:, g * cg:(g + 1) * cg].T)
    crop = []
    for d in range(rank):
        reach = (kernel[d] - 1) * dilations[d] + 1
        if padding in ("same", "same_lower"):
            total = max(reach - strides[d], 0)
            low = total // 2 if padding == "same" else total - total // 2
            size = spatial[d] * strides[d]
        else:
            low, high = (0, 0) if padding == "valid" else (padding[0][d],
                                                          padding[1][d])
            size = ((spatial[d] - 1) * strides[d] - low - high + reach
                    + output_padding[d])
        crop.append(slice(low, low + size))
    y = y[(slice(None), *crop)]
    return y if b is None else y + b


def pool(x, kernel, strides, dilations, padding, ceil_mode, kind):
    """kind: 'max', 'avg' (counts elements), 'avg_padded' (counts padding)."""
    places = [e[2] for e in window_extents(x.shape[1:-1], kernel, strides,
                                           dilations, padding, ceil_mode)]
    y = np.zeros([x.shape[0], *places, x.shape[-1]])
    for place, elements in windows(x, kernel, strides, dilations, padding,
                                   ceil_mode):
        inside = [e for e, _ in elements.values() if e is not None]
        if kind == "max":
            value = np.max(inside, axis=0)
        else:
            count = len(inside)
            if kind == "avg_padded":
                count = sum(padded for _, padded in elements.values())
            value = np.sum(inside, axis=0) / count
        y[(slice(None),) + place] = value
    return y


def softmax(x, axis):
    return special.softmax(x, axis=axis)


def log_softmax(x, axis):
    return special.log_softmax(x, axis=axis)


def normalize(x, axes, epsilon):
    mean = x.mean(axis=axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


def group_norm(x, groups, epsilon):
    split = x.reshape(*x.shape[:-1], groups, -1)
    axes = tuple(range(1, x.ndim - 1)) + (x.ndim,)
    return normalize(split, axes, epsilon).reshape(x.shape)


def upsample(x, scales):
    for d, scale in enumerate(scales):
        x = np.repeat(x, scale, axis=d + 1)
    return x


def trunc_div(a, b):
    """Integer division rounded towards zero; division by zero gives 0, overflow wraps."""
    with np.errstate(all="ignore"):
        safe = np.where(b == 0, 1, b)
        wide = np.sign(a) * np.sign(safe) * (np.abs(a.astype(object))
                                             // np.abs(safe.astype(object)))
    bits = a.dtype.itemsize * 8
    bias = 0 if a.dtype.kind == "u" else 1 << (bits - 1)
    wrapped = [(int(v) + bias) % (1 << bits) - bias for v in wide.ravel()]
    result = np.array(wrapped, dtype=a.dtype).reshape(wide.shape)
    return np.where(b == 0, 0, result)


def unit_step(x):
    return np.where(np.isnan(x), x, np.heaviside(x, 0.5))


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return special.expit(x)


def gelu(x):
    return 0.5 * x * (1 + special.erf(x / np.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


def selu(x):
    a, s = 1.67326324235437728482, 1.05070098735548049342
    return s * np.where(x > 0, x, a * np.expm1(np.minimum(x, 0)))
