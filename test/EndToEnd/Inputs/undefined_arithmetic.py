# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares a library's integer arithmetic with Python's, at every pair of edge values."""

import math
import sys

import numpy as np

import dlc

net = dlc.load(sys.argv[1])
edges = [-2**31, -2**31 + 1, -40, -32, -31, -2, -1, 0, 1, 2, 7, 31, 32, 33, 2**31 - 1]
pairs = [(a, b) for a in edges for b in edges]
a, b = (np.array(side, np.int32) for side in zip(*pairs))


def u(x):
    return x & 0xFFFFFFFF


def s(x):
    return (x + 2**31) % 2**32 - 2**31


def truncated(x, y):
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


references = {
    "divsi": lambda x, y: s(truncated(x, y)) if y else 0,
    "remsi": lambda x, y: x - truncated(x, y) * y if y else 0,
    "floordivsi": lambda x, y: s(x // y) if y else 0,
    "ceildivsi": lambda x, y: s(-(-x // y)) if y else 0,
    "divui": lambda x, y: s(u(x) // u(y)) if y else 0,
    "remui": lambda x, y: s(u(x) % u(y)) if y else 0,
    "ceildivui": lambda x, y: s(-(-u(x) // u(y))) if y else 0,
    "shli": lambda x, y: s(x << y) if 0 <= y < 32 else 0,
    "shrsi": lambda x, y: x >> y if 0 <= y < 32 else (-1 if x < 0 else 0),
    "shrui": lambda x, y: s(u(x) >> y) if 0 <= y < 32 else 0,
}
for name, reference in references.items():
    got = net.functions[name](a, b)
    wanted = np.array([reference(x, y) for x, y in pairs])
    assert np.array_equal(got, wanted), [
        (name, x, y, g, w) for (x, y), g, w in zip(pairs, got, wanted) if g != w][:5]

floats = np.array([0, -0.5, 0.5, 1.9, -1.9, 2**31, -2**31, 2**32, 3e9, -3e9, 1e30, -1e30,
                   math.inf, -math.inf, math.nan], np.float32)
for name, low, high in (("fptosi", -2**31, 2**31 - 1), ("fptoui", 0, 2**32 - 1)):
    got = net.functions[name](floats)
    wanted = [s(0 if math.isnan(x) else int(min(max(float(x), low), high))) for x in floats]
    assert np.array_equal(got, wanted), (name, got, wanted)
