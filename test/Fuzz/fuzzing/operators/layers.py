# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers: products, convolutions, pools, normalisations, losses."""

import numpy as np

from ..draw import F32, F64, I32, I64, U8, Skip, broadcast, operator


def fit(g, dtype, shape, **limits):
    """An existing value of this shape, or a new one."""
    found = None
    if g.chance(0.5) and not limits:
        found = g.find((dtype,), where=lambda v: v.shape == tuple(shape))
    return found or g.fresh(dtype, shape, **limits)


def divisor(g, n, p):
    return g.choice([d for d in range(1, n + 1) if n % d == 0]) if g.chance(p) else 1


@operator("MatMul", 3.0, 9)
def matmul(g):
    a = g.pick((F32, F32, F32, F64, I32), 1, static=False)
    k, n = a.shape[-1], g.extent()
    if k is None:
        raise Skip
    shape = [k, n]
    if a.rank > 2 and g.chance(0.5):
        shape = [1 if e is None or g.chance(0.3) else e for e in a.shape[:-2]] + shape
    if g.chance(0.15):
        shape = [k]
    b = fit(g, a.dtype, shape)
    if len(shape) == 1:
        result = a.shape[:-1]
    elif a.rank == 1:
        result = tuple(shape[:-2]) + (n,)
    else:
        result = broadcast(a.shape[:-2], shape[:-2]) + (a.shape[-2], n)
    g.emit("MatMul", [a, b], [(a.dtype, result, a.tame and b.tame)])


@operator("Gemm", 2.0, 11)
def gemm(g):
    a = g.pick((F32, F32, F64), 2, 2)
    ta, tb = g.chance(0.3), g.chance(0.3)
    m, k = a.shape[::-1] if ta else a.shape
    n = g.extent()
    operands = [a, fit(g, a.dtype, (n, k) if tb else (k, n))]
    if g.chance(0.7):
        operands.append(fit(g, a.dtype, g.choice([(m, n), (n,), (1, n), (m, 1), (), (1,)])))
    alpha, beta = g.choice([None, 0.5]), g.choice([None, 0.25, 0.0])
    # ONNX Runtime adds the bias unscaled if there is nothing to sum.
    g.emit("Gemm", operands, [(a.dtype, (m, n), all(v.tame for v in operands))],
           transA=int(ta) or None, transB=int(tb) or None,
           alpha=alpha, beta=beta if k else None)


@operator("Einsum", 0.7, 12)
def einsum(g):
    text = g.choice(["ij,jk->ik", "bij,bjk->bik", "ij,ij->i", "ij->ji", "bhid,bhjd->bhij",
                     "i,j->ij", "ij,kj->ik", "ii->i", "bij,bkj->bik", "ijk->k", "ij->"])
    terms, result = text.split("->")
    terms = terms.split(",")
    extents = {c: g.integer(1, 5) for c in sorted(set("".join(terms)))}
    first = g.find((F32,), len(terms[0]), len(terms[0]), lambda v: v.is_static and
                   len(set(terms[0])) == v.rank)
    if first:
        extents.update(zip(terms[0], first.shape))
    operands = [first if first and i == 0 else fit(g, F32, [extents[c] for c in term])
                for i, term in enumerate(terms)]
    g.emit("Einsum", operands, [(F32, [extents[c] for c in result],
                                 all(v.tame for v in operands))], equation=text)


def window(g, spatial, dilated=True):
    """Attributes of a window that fits these extents, and the results' extents."""
    kernel, strides, dilations, before, after, out = [], [], [], [], [], []
    for e in spatial:
        k = g.integer(1, min(3, max(e, 1)))
        d = g.choice([1, 1, 2]) if dilated and (k - 1) * 2 < e else 1
        s = g.integer(1, 3)
        b, a = (g.integer(0, k - 1) if g.chance(0.5) else 0 for _ in range(2))
        size = e + b + a - ((k - 1) * d + 1)
        if size < 0:
            raise Skip
        kernel, strides, dilations = kernel + [k], strides + [s], dilations + [d]
        before, after, out = before + [b], after + [a], out + [size // s + 1]
    words = {"kernel_shape": kernel, "strides": strides, "pads": before + after}
    if dilated:
        words["dilations"] = dilations
    return words, out


def image(g, low=1, high=3, dtypes=(F32,)):
    """A batch of feature maps, channels first."""
    found = g.find(dtypes, low + 2, high + 2,
                   lambda v: v.is_static and v.size and v.shape[1] <= 24)
    if found and g.chance(0.7):
        return found
    rank = g.choice([d for d in (1, 2, 2, 2, 3) if low <= d <= high])
    most = {1: 20, 2: 9, 3: 5}[rank]
    shape = [g.integer(1, 3), g.choice([1, 2, 3, 4, 6, 8, 16])]
    return g.fresh(g.choice(dtypes), shape + [g.integer(1, most) for _ in range(rank)])


@operator("Conv", 2.5, 11)
def conv(g):
    x = image(g)
    n, c, *spatial = x.shape
    words, out = window(g, spatial)
    kernel = words["kernel_shape"]
    group = divisor(g, c, 0.4)
    m = group * g.integer(1, 4)
    if g.chance(0.2):
        del words["pads"]
        words["auto_pad"] = g.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
        words["dilations"] = [1] * len(spatial)
        out = [(e - k) // s + 1 if words["auto_pad"] == "VALID" else -(-e // s)
               for e, k, s in zip(spatial, kernel, words["strides"])]
    if g.chance(0.3):
        del words["kernel_shape"]
    operands = [x, fit(g, F32, [m, c // group] + kernel)]
    if g.chance(0.5):
        operands.append(fit(g, F32, [m]))
    g.emit("Conv", operands, [(F32, [n, m] + out, x.tame)], group=group, **words)


@operator("ConvTranspose", 0.8, 11)
def conv_transpose(g):
    x = image(g, 1, 2)
    n, c, *spatial = x.shape
    group, m = divisor(g, c, 0.3), g.integer(1, 4)
    kernel, strides = ([g.integer(1, 3) for _ in spatial] for _ in range(2))
    pads = [g.integer(0, k - 1) for k in kernel]
    extra = [g.integer(0, s - 1) if g.chance(0.3) else 0 for s in strides]
    out = [(e - 1) * s + k - 2 * p + o for e, s, k, p, o in
           zip(spatial, strides, kernel, pads, extra)]
    if min(out) < 1:
        raise Skip
    operands = [x, fit(g, F32, [c, m] + kernel)]
    if g.chance(0.5):
        operands.append(fit(g, F32, [m * group]))
    g.emit("ConvTranspose", operands, [(F32, [n, m * group] + out, x.tame)], group=group,
           strides=strides, pads=pads * 2, output_padding=extra if any(extra) else None)


@operator("MaxPool", 1.5, 12)
def max_pool(g):
    x = image(g, dtypes=(F32, F32, F64))
    words, out = window(g, x.shape[2:])
    shape = [*x.shape[:2], *out]
    results = [(x.dtype, shape, x.tame)]
    if g.chance(0.2):
        results.append((I64, shape, True))
    g.emit("MaxPool", [x], results, **words)


def _pool(name, high, **choices):
    def add(g):
        x = image(g, 1, high)
        words, out = window(g, x.shape[2:], False)
        words.update({k: g.choice(v) for k, v in choices.items()})
        g.emit(name, [x], [(F32, [*x.shape[:2], *out], name == "AveragePool" and x.tame)],
               **words)
    return add


operator("AveragePool", 1.0, 11)(_pool("AveragePool", 3, count_include_pad=[None, 0, 1]))
operator("LpPool", 0.3, 11)(_pool("LpPool", 2, p=[None, 1, 2]))


def _global(name):
    def add(g):
        x = image(g)
        g.emit(name, [x], [(F32, x.shape[:2] + (1,) * (x.rank - 2), x.tame)])
    return add


for _name in ("GlobalAveragePool", "GlobalMaxPool"):
    operator(_name, 0.5)(_global(_name))


@operator("BatchNormalization", 1.0, 9)
def batch_norm(g):
    x = g.pick((F32, F32, F64), 2, where=lambda v: 2 <= v.rank <= 5)
    c = (x.shape[1],)
    operands = [x, *(fit(g, x.dtype, c) for _ in range(3)),
                g.constant(g.array(x.dtype, c, 0.1, 2))]
    g.emit("BatchNormalization", operands, [(x.dtype, x.shape, x.tame)],
           epsilon=g.choice([None, 1e-3]))


@operator("InstanceNormalization", 0.5, 6)
def instance_norm(g):
    x = image(g)
    c = (x.shape[1],)
    g.emit("InstanceNormalization", [x, fit(g, F32, c), fit(g, F32, c)],
           [(F32, x.shape, False)])


@operator("GroupNormalization", 0.5, 21)
def group_norm(g):
    x = image(g)
    c = x.shape[1]
    g.emit("GroupNormalization", [x, fit(g, F32, (c,)), fit(g, F32, (c,))],
           [(F32, x.shape, False)], num_groups=divisor(g, c, 1))


@operator("LayerNormalization", 1.2, 17)
def layer_norm(g):
    x = g.pick((F32, F32, F64), 1, static=False)
    axis = g.integer(-x.rank, -1)
    shape = x.shape[axis:]
    if None in shape:
        raise Skip
    if g.chance(0.2):
        shape = shape[-1:]
    operands = [x, fit(g, x.dtype, shape)]
    if g.chance(0.6):
        operands.append(fit(g, x.dtype, shape))
    results = [(x.dtype, x.shape, False)]
    if g.chance(0.2) and x.dtype == F32:
        results += [(F32, x.shape[:axis] + (1,) * -axis)] * 2
    g.emit("LayerNormalization", operands, results, axis=axis if axis != -1 else None)


@operator("LRN", 0.4, 13)
def lrn(g):
    x = image(g, 2, 2)
    g.emit("LRN", [x], [(F32, x.shape, x.tame)], size=g.choice([1, 3, 5]),
           alpha=0.1, beta=0.75, bias=1.0)


def _loss(name):
    def add(g):
        shape = [g.integer(1, 5), g.integer(1, 5)]
        shape += [g.integer(1, 4) for _ in range(g.integer(0, 2))]
        x = g.find((F32,), len(shape), len(shape), lambda v: v.is_static and v.size)
        x = x or g.fresh(F32, shape)
        n, c, *spatial = x.shape
        labels, ignore = g.array(I64, [n, *spatial], 0, c - 1), None
        if g.chance(0.3):
            ignore = g.choice([-1, 0])
            labels.ravel()[0] = ignore
        operands = [x, g.constant(labels)]
        if g.chance(0.4):
            operands.append(g.fresh(F32, (c,), low=0.1, high=1))
        reduction = g.choice(["none", "mean", "sum", None])
        results = [(F32, (n, *spatial) if reduction == "none" else (), False)]
        if name == "SoftmaxCrossEntropyLoss" and g.chance(0.3):
            results.append((F32, x.shape, False))
        g.emit(name, operands, results, reduction=reduction, ignore_index=ignore)
    return add


for _name in ("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"):
    operator(_name, 0.6, 13)(_loss(_name))


@operator("MatMulInteger", 0.4, 10)
def matmul_integer(g):
    m, k, n = (g.integer(1, 6) for _ in range(3))
    operands = [g.fresh(U8, (m, k)), g.fresh(U8, (k, n))]
    if g.chance(0.5):
        operands.append(g.constant(np.uint8(g.integer(0, 5))))
    g.emit("MatMulInteger", operands, [(I32, (m, n), True)])
