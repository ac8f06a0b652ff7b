# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random element-wise ops."""

import numpy as np
from scipy import special

import reference as ref
from .base import Case, DTYPES, EXACT, INTEGERS, wide


def unary(name, function, low=-4.0, high=4.0, types=None, attributes=""):
    def make(g):
        t = g.choice(types) if types else g.float_type()
        x = g.array(t, g.shape(0, 4), low, high)
        operand = x if t in EXACT else wide(x)
        return Case(f"dl.{name} %0{attributes} : {{T0}}", [(t, x)],
                    function(operand), [t])
    return make


NUMBERS = ["f32", "f32", "f64", "f16", "bf16", *INTEGERS]


def binary(name, function, low=-4.0, high=4.0, types=NUMBERS, result=None):
    def make(g):
        t = g.choice(types)
        sa, sb = g.broadcast_shapes()
        a, b = g.array(t, sa, low, high), g.array(t, sb, low, high)
        exact = t in EXACT
        fixed = {(i, d) for i, s in enumerate((sa, sb))
                 for d, e in enumerate(s) if e == 1}
        value = function(a, b) if exact else function(wide(a), wide(b))
        return Case(f"dl.{name} %0, %1 : {{T0}}, {{T1}}", [(t, a), (t, b)],
                    value, [result or t], fixed=fixed)
    return make


def alpha(name, function):
    def make(g):
        t, a = g.float_type(), round(g.rng.uniform(0.05, 2), 3)
        x = g.array(t, g.shape())
        return Case(f"dl.{name} %0 alpha {a} : {{T0}}", [(t, x)],
                    function(wide(x), a), [t])
    return make


def clip(g):
    t = g.choice(NUMBERS)
    x = g.array(t, g.shape())
    low, high = sorted(g.integer(0 if t[0] == "u" else -3, 3)
                       for _ in range(2))
    parts, y = "", x if t in EXACT else wide(x)
    if g.chance(0.7):
        parts, y = parts + f" low {low}.0", np.maximum(y, low)
    if g.chance(0.7):
        parts, y = parts + f" high {high}.0", np.minimum(y, high)
    return Case(f"dl.clip %0{parts} : {{T0}}", [(t, x)], y, [t])


def select(g):
    t = g.choice(NUMBERS + ["i1"])
    sc, sa, sb = g.broadcast_shapes(3)
    c, a, b = g.array("i1", sc), g.array(t, sa), g.array(t, sb)
    fixed = {(i, d) for i, s in enumerate((sc, sa, sb))
             for d, e in enumerate(s) if e == 1}
    y = np.where(c, a, b)
    return Case("dl.select %0, %1, %2 : {T0}, {T1}, {T2}",
                [("i1", c), (t, a), (t, b)], y if t in EXACT else wide(y), [t],
                fixed=fixed)


def cast(g):
    source, target = g.choice(list(DTYPES)), g.choice(list(DTYPES))
    x = g.array(source, g.shape())
    if source[0] in "fb" and g.chance(0.3):
        x = (wide(x) * 1e4).astype(DTYPES[source])
    if target == "i1":
        y = x != 0
    elif target in INTEGERS and source[0] in "fb":
        info = np.iinfo(DTYPES[target])
        y = np.trunc(wide(x))
        inside = np.clip(y, info.min, info.max)
        y = np.where(y >= info.max, info.max,  # 2^64 - 1 is not an f64
                     np.where(inside < info.max, inside, 0).astype(DTYPES[target]))
    elif target in EXACT:
        y = x.astype(DTYPES[target])
    else:
        y = wide(x)
    return Case(f"dl.cast %0 to {target} : {{T0}}", [(source, x)], y, [target])

def compare(name, function):
    def make(g):
        case = binary(name, function, result="i1")(g)
        return case
    return make


def remainder(a, b):
    if a.dtype.kind == "f":
        return np.fmod(a, b)
    return np.where(b == 0, 0, np.fmod(a, np.where(b == 0, 1, b)))


def shift(left):
    def apply(a, b):
        width = a.dtype.itemsize * 8
        fits = (b >= 0) & (b < width)
        by = np.where(fits, b, 0).astype(a.dtype)
        if left:
            return np.where(fits, np.left_shift(a, by), 0)
        return np.where(fits, np.right_shift(a, by), np.where(a < 0, -1, 0))
    return apply


OPS = {
    "add": binary("add", np.add),
    "sub": binary("sub", np.subtract),
    "mul": binary("mul", np.multiply),
    "div": binary("div", lambda a, b: ref.trunc_div(a, b)
                  if a.dtype.kind in "iu" else np.divide(a, b), 0.5, 4),
    "remainder": binary("remainder", remainder),
    "shift_left": binary("shift_left", shift(True), types=INTEGERS),
    "shift_right": binary("shift_right", shift(False), types=INTEGERS),
    "tan": unary("tan", np.tan, -1.4, 1.4),
    "asin": unary("asin", np.arcsin, -1, 1),
    "acos": unary("acos", np.arccos, -1, 1),
    "atan": unary("atan", np.arctan, -9, 9),
    "sinh": unary("sinh", np.sinh),
    "cosh": unary("cosh", np.cosh),
    "asinh": unary("asinh", np.arcsinh, -9, 9),
    "acosh": unary("acosh", np.arccosh, 1, 9),
    "atanh": unary("atanh", np.arctanh, -0.9, 0.9),
    "pow": binary("pow", np.power, 0.1, 4, types=["f32", "f64", "f16", "bf16"]),
    "maximum": binary("maximum", np.maximum),
    "minimum": binary("minimum", np.minimum),
    "neg": unary("neg", np.negative, types=NUMBERS),
    "abs": unary("abs", np.abs, types=NUMBERS),
    "exp": unary("exp", np.exp),
    "log": unary("log", np.log, 1e-3, 9),
    "log1p": unary("log1p", np.log1p, -0.9, 9),
    "sqrt": unary("sqrt", np.sqrt, 0, 9),
    "rsqrt": unary("rsqrt", lambda x: 1 / np.sqrt(x), 0.01, 9),
    "reciprocal": unary("reciprocal", lambda x: 1 / x, 0.1, 9),
    "square": unary("square", np.square, types=NUMBERS),
    "sin": unary("sin", np.sin),
    "cos": unary("cos", np.cos),
    "erf": unary("erf", special.erf),
    "floor": unary("floor", np.floor),
    "ceil": unary("ceil", np.ceil),
    "round": unary("round", np.round),
    "clip": clip,
    "equal": compare("equal", np.equal),
    "not_equal": compare("not_equal", np.not_equal),
    "less": compare("less", np.less),
    "less_equal": compare("less_equal", np.less_equal),
    "greater": compare("greater", np.greater),
    "greater_equal": compare("greater_equal", np.greater_equal),
    "and": binary("and", np.bitwise_and, types=EXACT),
    "or": binary("or", np.bitwise_or, types=EXACT),
    "xor": binary("xor", np.bitwise_xor, types=EXACT),
    "not": unary("not", np.invert, types=EXACT),
    "select": select,
    "cast": cast,
    "linear": unary("linear", lambda x: x),
    "unit_step": unary("unit_step", ref.unit_step),
    "sign": unary("sign", np.sign, types=NUMBERS),
    "piecewise_linear": unary("piecewise_linear",
                              lambda x: np.clip(x + 0.5, 0, 1), -1, 1),
    "sigmoid": unary("sigmoid", ref.sigmoid),
    "tanh": unary("tanh", np.tanh),
    "relu": unary("relu", lambda x: np.maximum(x, 0)),
    "gelu": unary("gelu", ref.gelu),
    "gelu_tanh": unary("gelu_tanh", ref.gelu_tanh),
    "silu": unary("silu", lambda x: x * ref.sigmoid(x)),
    "softplus": unary("softplus", ref.softplus),
    "softsign": unary("softsign", lambda x: x / (1 + np.abs(x))),
    "mish": unary("mish", lambda x: x * np.tanh(ref.softplus(x))),
    "selu": unary("selu", ref.selu),
    "hard_sigmoid": unary("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "hard_swish": unary("hard_swish", lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "leaky_relu": alpha("leaky_relu", lambda x, a: np.where(x >= 0, x, a * x)),
    "elu": alpha("elu", lambda x, a: np.where(x > 0, x, a * np.expm1(
        np.minimum(x, 0)))),
    "dropout": unary("dropout", lambda x: x, attributes=" rate 0.25"),
}
