# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Element-wise operators."""

import numpy as np

from ..draw import (ANY, BOOL, F16, F32, F64, FLOATS, I32, I64, INTS, NUMBERS, SMALL_INTS,
                    U8, Skip, broadcast, operator)

# Name: (first opset, types, whether results are finite where operands are).
UNARY = {
    "Abs": (6, NUMBERS, True), "Neg": (6, NUMBERS, True), "Sign": (9, NUMBERS, True),
    "Relu": (6, FLOATS, True), "Sigmoid": (6, FLOATS, True), "Tanh": (6, FLOATS, True),
    "Exp": (6, FLOATS, False), "Log": (6, FLOATS, False), "Sqrt": (6, FLOATS, False),
    "Sin": (7, FLOATS, True), "Cos": (7, FLOATS, True), "Tan": (7, FLOATS, False),
    "Asin": (7, FLOATS, False), "Acos": (7, FLOATS, False), "Atan": (7, FLOATS, True),
    "Sinh": (9, FLOATS, False), "Cosh": (9, FLOATS, False), "Asinh": (9, FLOATS, True),
    "Acosh": (9, FLOATS, False), "Atanh": (9, FLOATS, False), "Erf": (9, FLOATS, True),
    "Ceil": (6, FLOATS, True), "Floor": (6, FLOATS, True), "Round": (11, FLOATS, True),
    "Reciprocal": (6, FLOATS, False), "Softplus": (1, FLOATS, True),
    "Softsign": (1, FLOATS, True), "HardSwish": (14, FLOATS, True),
    "Mish": (18, FLOATS, True), "Identity": (1, ANY, True),
}
WITH_ATTRIBUTES = {
    "Elu": (6, {"alpha": (0.2, 2.0)}), "LeakyRelu": (6, {"alpha": (0.01, 0.9)}),
    "Selu": (6, {"alpha": (0.5, 2.0), "gamma": (0.5, 1.5)}),
    "Celu": (12, {"alpha": (0.3, 2.0)}),
    "HardSigmoid": (6, {"alpha": (0.1, 0.5), "beta": (0.2, 0.7)}),
    "ThresholdedRelu": (10, {"alpha": (-0.5, 1.0)}),
    "Shrink": (9, {"lambd": (0.1, 1.0), "bias": (-0.5, 0.5)}),
}


def _unary(name, types, tame):
    def add(g):
        x = g.pick(types, static=False)
        g.emit(name, [x], [(x.dtype, x.shape, tame and x.tame)])
    return add


for _name, (_since, _types, _tame) in UNARY.items():
    operator(_name, 1.0, _since)(_unary(_name, _types, _tame))


def _with_attributes(name, ranges):
    def add(g):
        x = g.pick(FLOATS if name != "Celu" else (F32,), static=False)
        values = {k: float(g.rng.uniform(*r)) for k, r in ranges.items() if g.chance(0.7)}
        g.emit(name, [x], [(x.dtype, x.shape, x.tame)], **values)
    return add


for _name, (_since, _ranges) in WITH_ATTRIBUTES.items():
    operator(_name, 0.6, _since)(_with_attributes(_name, _ranges))


@operator("Gelu", since=20)
def gelu(g):
    x = g.pick(FLOATS, static=False)
    g.emit("Gelu", [x], [(x.dtype, x.shape, x.tame)],
           approximate=g.choice([None, "none", "tanh"]))


def binary(g, name, types, result=None, tame=True):
    a = g.pick(types, static=g.chance(0.8))
    b = g.partner(a)
    if a.dtype != b.dtype:
        raise Skip
    a, b = (b, a) if g.chance(0.5) else (a, b)
    return g.emit(name, [a, b], [(result or a.dtype, broadcast(a.shape, b.shape),
                                  tame and a.tame and b.tame)])


def _binary(name, types, result=None):
    def add(g):
        binary(g, name, types, result)
    return add


for _name in ("Add", "Sub", "Mul"):
    operator(_name, 3.0, 7)(_binary(_name, NUMBERS + (F16,)))
for _name in ("And", "Or", "Xor"):
    operator(_name, 1.0, 7)(_binary(_name, (BOOL,)))
for _name in ("Less", "Greater"):
    operator(_name, 1.0, 9)(_binary(_name, NUMBERS, BOOL))
operator("Equal", 1.0, 11)(_binary("Equal", NUMBERS + (BOOL,), BOOL))
for _name in ("LessOrEqual", "GreaterOrEqual"):
    operator(_name, 0.7, 12)(_binary(_name, NUMBERS, BOOL))
for _name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
    operator(_name, 0.5, 18)(_binary(_name, INTS))


@operator("Div", 1.5, 7)
def div(g):
    if g.chance(0.6):
        binary(g, "Div", FLOATS, tame=False)
        return
    a = g.pick(INTS)
    b = g.constant(g.array(a.dtype, a.shape, 1, 5) * g.choice([1, -1]))
    g.emit("Div", [a, b], [(a.dtype, a.shape, True)])


@operator("Mod", 0.7, 10)
def mod(g):
    is_float = g.chance(0.3)
    a = g.pick((F32, F64) if is_float else INTS)
    b = g.constant((g.array(a.dtype, a.shape, 1, 5) * g.choice([1, -1])).astype(a.dtype))
    g.emit("Mod", [a, b], [(a.dtype, a.shape, a.tame)],
           fmod=1 if is_float or g.chance(0.3) else None)


@operator("Pow", 1.0, 12)
def power(g):
    a = g.pick((F32, F64, I32, I64))
    if a.dtype.kind == "f":
        b = (g.constant(np.asarray(g.choice([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]), a.dtype))
             if g.chance(0.5) else g.partner(a))
    else:
        b = g.constant(np.asarray(g.integer(0, 3), g.choice([np.int64, a.dtype])))
    g.emit("Pow", [a, b], [(a.dtype, broadcast(a.shape, b.shape), False)])


@operator("BitShift", 0.5, 11)
def shift(g):
    a = g.pick((U8, np.dtype("uint32"), np.dtype("uint64")))
    b = g.constant(g.array(a.dtype, a.shape, 0, 7))
    g.emit("BitShift", [a, b], [(a.dtype, a.shape)], direction=g.choice(["LEFT", "RIGHT"]))


@operator("BitwiseNot", 0.5, 18)
def bitwise_not(g):
    x = g.pick(INTS)
    g.emit("BitwiseNot", [x], [(x.dtype, x.shape)])


@operator("Not")
def logical_not(g):
    x = g.pick((BOOL,), static=False)
    g.emit("Not", [x], [(BOOL, x.shape)])


@operator("IsNaN", 0.5, 9)
def is_nan(g):
    x = g.pick((F32, F64))
    g.emit("IsNaN", [x], [(BOOL, x.shape)])


@operator("IsInf", 0.5, 10)
def is_inf(g):
    x = g.pick((F32, F64))
    g.emit("IsInf", [x], [(BOOL, x.shape)], detect_negative=g.choice([None, 0, 1]))


def variadic(name):
    def add(g):
        first = g.pick((F32, F64) if name in ("Sum", "Mean") else NUMBERS,
                       static=g.chance(0.8))
        values, shape = [first], first.shape
        for _ in range(g.integer(0, 3)):
            v = g.partner(first)
            if v.dtype != first.dtype or g.size_after(shape, v.shape) > 20000:
                continue
            ok = all(x == y or 1 in (x, y) or None in (x, y)
                     for x, y in zip(reversed(shape), reversed(v.shape)))
            if ok:
                values.append(v)
                shape = broadcast(shape, v.shape)
        g.emit(name, values, [(first.dtype, shape, all(v.tame for v in values))])
    return add


for _name in ("Sum", "Mean", "Max", "Min"):
    operator(_name, 0.8, 12)(variadic(_name))


@operator("Where", 2.0, 9)
def where(g):
    a = g.pick(NUMBERS, static=g.chance(0.8))
    b = g.partner(a)
    shape = broadcast(a.shape, b.shape)
    c = g.find((BOOL,), where=lambda v: v.is_static and None not in shape and all(
        x == y or 1 in (x, y) for x, y in zip(reversed(v.shape), reversed(shape))))
    if c is None or g.size_after(c.shape, shape) > 20000:
        c = g.fresh(BOOL, [1 if e is None else e for e in shape])
    if a.dtype != b.dtype:
        raise Skip
    g.emit("Where", [c, a, b], [(a.dtype, broadcast(shape, c.shape), a.tame and b.tame)])


@operator("Clip", 1.2, 12)
def clip(g):
    x = g.pick(NUMBERS, static=False)
    low, high = (g.constant(np.asarray(v, x.dtype)) if g.chance(0.8) else None
                 for v in (g.integer(-3, 0), g.integer(1, 4)))
    inputs = [x, low, high]
    while inputs[-1] is None:
        inputs.pop()
    g.emit("Clip", inputs, [(x.dtype, x.shape, x.tame)])


@operator("PRelu", 0.7, 9)
def prelu(g):
    x = g.pick((F32, F64), 1)
    shape = [1 if g.chance(0.4) else e for e in x.shape][g.integer(0, x.rank - 1):]
    g.emit("PRelu", [x, g.fresh(x.dtype, shape)], [(x.dtype, x.shape, x.tame)])


def to_type(g, x, target):
    """Converts; numbers become integers only if they fit."""
    if x.dtype.kind == "f" and target.kind in "iu":
        if not x.tame:
            raise Skip
        low = 0 if target.kind == "u" else -100
        bounds = [g.constant(np.asarray(v, x.dtype)) for v in (low, 100)]
        x = g.emit("Clip", [x, *bounds], [(x.dtype, x.shape, True)])
    from onnx import helper
    return g.emit("Cast", [x], [(target, x.shape, x.tame)],
                  to=helper.np_dtype_to_tensor_dtype(target))


@operator("Cast", 3.0, 13)
def cast(g):
    x = g.pick(ANY + (F16,), static=False)
    targets = (F32, F32, F64, F16, I32, I64, BOOL)
    if x.dtype.kind in "iub" or g.chance(0.5):
        targets += SMALL_INTS
    to_type(g, x, g.choice(targets))


@operator("CastLike", 0.4, 15)
def cast_like(g):
    x, y = g.pick((I32, I64, BOOL)), g.pick(FLOATS)
    g.emit("CastLike", [x, y], [(y.dtype, x.shape, True)])


@operator("Dropout", 0.3, 13)
def dropout(g):
    x = g.pick((F32, F64), static=False)
    results = [(x.dtype, x.shape, x.tame)]
    if g.chance(0.3):
        results.append((BOOL, x.shape))
    g.emit("Dropout", [x], results)


@operator("QuantizeLinear", 0.7, 13)
def quantize(g):
    x = g.pick((F32,), 1, where=lambda v: v.tame)
    axis = g.integer(0, x.rank - 1) if g.chance(0.4) else None
    shape = () if axis is None else (x.shape[axis],)
    t = g.choice([U8, np.dtype("int8")])
    scale = g.constant(g.array(F32, shape, 0.02, 0.3))
    zero = g.constant(g.array(t, shape, 0, 9))
    q = g.emit("QuantizeLinear", [x, scale, zero], [(t, x.shape)], axis=axis)
    if g.chance(0.7):
        g.emit("DequantizeLinear", [q, scale, zero], [(F32, x.shape, True)], axis=axis)


@operator("DynamicQuantizeLinear", 0.3, 11)
def dynamic_quantize(g):
    x = g.pick((F32,), where=lambda v: v.tame and v.size)
    g.emit("DynamicQuantizeLinear", [x], [(U8, x.shape), (F32, ()), (U8, ())])
