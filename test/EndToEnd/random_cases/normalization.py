# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random softmax and normalisation layers."""

import numpy as np

import reference as ref
from .base import Case, wide
from .windows import image


def softmax(name):
    def make(g):
        t = g.float_type()
        x = g.array(t, g.shape(1, 4), -20, 20)
        axis = g.integer(-x.ndim, x.ndim - 1)
        y = getattr(ref, name)(wide(x), axis)
        scale = None if name == "softmax" else np.full(y.shape, 40.0)
        return Case(f"dl.{name} %0 axis {axis} : {{T0}}", [(t, x)], y, [t],
                    np.ones_like(y) if scale is None else scale)
    return make


def affine(g, t, shape, text, types, inputs, y):
    scale = np.abs(y)
    for name in ("scale", "offset"):
        if g.chance(0.7) and (name == "scale" or len(inputs) == 2):
            v = g.array(t, shape)
            text += f", %{len(inputs)}"
            types += f", {{T{len(inputs)}}}"
            inputs.append((t, v))
            if name == "scale":
                y, scale = y * wide(v), scale * abs(wide(v)) + 1
            else:
                y, scale = y + wide(v), scale + abs(wide(v))
    return text, types, y, scale + 4


def batch_norm(g):
    t = g.float_type()
    x = g.array(t, g.shape(2, 4))
    c = x.shape[-1]
    s, o, m = (g.array(t, [c]) for _ in range(3))
    v = g.array(t, [c], 0.1, 4)
    eps = 1e-3
    y = (wide(x) - wide(m)) / np.sqrt(wide(v) + eps) * wide(s) + wide(o)
    scale = ((abs(wide(x)) + abs(wide(m))) / np.sqrt(wide(v) + eps)
             * abs(wide(s)) + abs(wide(o)))
    return Case("dl.batch_norm %0, %1, %2, %3, %4 epsilon 0.001 : {T0}, {T1}",
                [(t, a) for a in (x, s, o, m, v)], y, [t], scale,
                fixed={(i, 0) for i in range(1, 5)})


def layer_norm(g):
    t = g.float_type()
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(-x.ndim, -1)
    y = ref.normalize(wide(x), tuple(range(axis, 0)), 1e-3)
    inputs = [(t, x)]
    text, types, y, scale = affine(g, t, x.shape[axis:], "dl.layer_norm %0",
                                   "{T0}", inputs, y)
    return Case(f"{text} axis {axis} epsilon 0.001 : {types}", inputs, y, [t],
                scale * 4)


def spatial_norm(name):
    def make(g):
        t, groups = g.float_type(), g.integer(1, 4)
        c = groups * g.integer(1, 6)
        x = g.array(t, [g.integer(1, 3), *image(g, g.integer(1, 3)), c])
        if name == "group_norm":
            y, parts = ref.group_norm(wide(x), groups, 1e-3), f" groups {groups}"
        else:
            y = ref.normalize(wide(x), tuple(range(1, x.ndim - 1)), 1e-3)
            parts = ""
        inputs = [(t, x)]
        text, types, y, scale = affine(g, t, [c], f"dl.{name} %0", "{T0}",
                                       inputs, y)
        fixed = {(0, x.ndim - 1)} if name == "group_norm" else set()
        return Case(f"{text}{parts} epsilon 0.001 : {types}", inputs, y, [t],
                    scale * 8, fixed=fixed)
    return make


OPS = {
    "softmax": softmax("softmax"),
    "log_softmax": softmax("log_softmax"),
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": spatial_norm("group_norm"),
    "instance_norm": spatial_norm("instance_norm"),
}
