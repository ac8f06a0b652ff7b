# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shapes, axes and conditions that the graph computes from constants and extents.

In each case another chain of operators computes a number that must be known at compile time. It is
compiled and compared with ONNX Runtime, and its output must have known extents.
"""

import re

import numpy as np

from graphs import computed_pads, difference, emit, model

# TensorFlow's padding of a convolution by 3 with stride 2, as timm's models compute it: max((ceil(w
# / 2) - 1) * 2 + 3 - w, 0), half of it before, the rest after.
SAME = ("shape = Shape(x)\nplace = Constant<value_int = 2>()\nw = Gather(shape, place)\n"
        "wide = Cast<to = 1>(w)\nby = Constant<value_float = 2.0>()\nhalf = Div(wide, by)\n"
        "steps = Ceil(half)\none = Constant<value_float = 1.0>()\nless = Sub(steps, one)\n"
        "far = Mul(less, by)\nthree = Constant<value_float = 3.0>()\nto = Add(far, three)\n"
        "over = Sub(to, wide)\nnone = Constant<value_float = 0.0>()\npad = Clip(over, none)\n"
        "middle = Div(pad, by)\nwhole = Cast<to = 7>(middle)\nlow = Cast<to = 1>(whole)\n"
        "high = Sub(pad, low)\no = Constant<value_ints = [0]>()\nl = Unsqueeze(low, o)\n"
        "h = Unsqueeze(high, o)\nedges = Concat<axis = 0>(l, h)\n"
        + computed_pads("edges", 3) +
        "padded = Pad(x, pads)\n"
        "filter = Constant<value = float[1,3,3] {1, 2, -1, 0.5, -2, 1, 3, -1, 2}>()\n"
        "y = Conv<strides = [2]>(padded, filter)")

# x is [2, 3, 4]. Each chain computes the int64 values that the last node needs.
X = "float[2,3,4] x"
CASES = {
    # axes of Slice through ...
    "unsqueeze": ("one = Constant<value_int = 1>()\n"
                  "axes = Constant<value_ints = [0]>()\n"
                  "a = Unsqueeze(one, axes)\ny = Slice(x, zero, two, a)"),
    "reshape": ("one = Constant<value = int64[1,1] {1}>()\n"
                "flat = Constant<value_ints = [1]>()\n"
                "a = Reshape(one, flat)\ny = Slice(x, zero, two, a)"),
    "constant of shape": ("n = Constant<value_ints = [1]>()\n"
                          "a = ConstantOfShape<value = int64[1] {2}>(n)\n"
                          "y = Slice(x, zero, two, a)"),
    "transpose": ("m = Constant<value = int64[1,2] {1, 2}>()\n"
                  "t = Transpose(m)\nc = Constant<value_ints = [0]>()\n"
                  "r = Gather(t, c)\nf = Constant<value_ints = [-1]>()\n"
                  "a = Reshape(r, f)\ny = Slice(x, zero, two, a)"),
    "slice": ("m = Constant<value_ints = [0, 1, 2, 3]>()\n"
              "s = Constant<value_ints = [2]>()\ne = Constant<value_ints = [-5]>()\n"
              "ax = Constant<value_ints = [0]>()\nst = Constant<value_ints = [-2]>()\n"
              "m2 = Slice(m, s, e, ax, st)\nl = Constant<value_ints = [0]>()\n"
              "a = Gather(m2, l)\ny = Slice(x, zero, two, a)"),
    "concat split": ("p = Constant<value_ints = [1]>()\nq = Constant<value_ints = [2, 0]>()\n"
                     "c = Concat<axis = 0>(p, q)\nz = Constant<value_ints = [2, 1]>()\n"
                     "u, v = Split<axis = 0>(c, z)\ny = Slice(x, zero2, two2, u)"),
    "casts": ("p = Constant<value_floats = [1.9]>()\nq = Cast<to = 6>(p)\n"
              "r = Cast<to = 1>(q)\nh = Constant<value_float = 0.5>()\n"
              "s = Add(r, h)\nt = Floor(s)\na = Cast<to = 7>(t)\n"
              "y = Slice(x, zero, two, a)"),
    "range": ("b = Constant<value_int = 1>()\ne = Constant<value_int = 3>()\n"
              "s = Constant<value_int = 1>()\na = Range(b, e, s)\n"
              "y = ReduceSum(x, a)"),
    "comparison": ("p = Constant<value_ints = [3, 1]>()\nq = Constant<value_ints = [2, 2]>()\n"
                   "g = Greater(p, q)\ni = Cast<to = 7>(g)\nm = Mul(i, q)\n"
                   "y = ReduceSum(x, m)"),
    "where": ("p = Constant<value_ints = [0, -1]>()\nz = Constant<value_ints = [0]>()\n"
              "l = Less(p, z)\nn = Not(l)\no = Constant<value_ints = [1]>()\n"
              "a = Where(n, o, p)\ny = ReduceSum(x, a)"),
    "expand tile": ("p = Constant<value_ints = [2]>()\nn = Constant<value_ints = [1, 1]>()\n"
                    "e = Expand(p, n)\nr = Constant<value_ints = [1, 3]>()\n"
                    "t = Tile(e, r)\nf = ReduceMax<keepdims = 0>(t)\n"
                    "o = Constant<value_ints = [0]>()\na = Unsqueeze(f, o)\n"
                    "y = ReduceSum(x, a)"),
    "reductions": ("p = Constant<value = int64[2,2] {1, 0, 0, 1}>()\n"
                   "o = Constant<value_ints = [1]>()\ns = ReduceSum<keepdims = 0>(p, o)\n"
                   "m = ReduceProd<keepdims = 1>(s)\ny = ReduceSum(x, m)"),
    "mean": ("p = Constant<value_floats = [1.0, 3.0]>()\nm = ReduceMean<keepdims = 1>(p)\n"
             "a = Cast<to = 7>(m)\ny = ReduceSum(x, a)"),
    "size": ("s = Size(x)\nd = Constant<value_int = 24>()\nq = Div(s, d)\n"
             "o = Constant<value_ints = [0]>()\na = Unsqueeze(q, o)\n"
             "y = ReduceSum(x, a)"),
    "non-zero": ("p = Constant<value_ints = [0, 5, 7]>()\nn = NonZero(p)\n"
                 "o = Constant<value_ints = [0]>()\na = Squeeze(n, o)\n"
                 "y = ReduceSum(x, a)"),
    "compress": ("p = Constant<value_ints = [0, 1, 2]>()\n"
                 "c = Constant<value = bool[3] {1, 0, 1}>()\na = Compress(p, c)\n"
                 "y = ReduceSum(x, a)"),
    "pad": ("p = Constant<value_ints = [1]>()\nw = Constant<value_ints = [0, 1]>()\n"
            "v = Constant<value_int = 2>()\na = Pad(p, w, v)\ny = ReduceSum(x, a)"),
    "mod": ("p = Constant<value_ints = [-7, 4]>()\nq = Constant<value_ints = [4, 2]>()\n"
            "a = Mod(p, q)\ny = ReduceSum(x, a)"),
    "cumulative": ("p = Constant<value_ints = [0, 1, 1]>()\no = Constant<value_int = 0>()\n"
                   "a = CumSum(p, o)\ny = ReduceSum(x, a)"),
    "arg max": ("p = Constant<value_floats = [0.5, 0.25, 4.0]>()\n"
                "a = ArgMax<axis = 0>(p)\ny = ReduceSum(x, a)"),
    "top k": ("p = Constant<value_floats = [0.5, 0.25, 4.0]>()\nk = Constant<value_ints = [2]>()\n"
              "v, a = TopK(p, k)\ny = ReduceSum(x, a)"),
    "scatter": ("p = Constant<value_ints = [0, 0]>()\ni = Constant<value = int64[1,1] {1}>()\n"
                "u = Constant<value_ints = [2]>()\na = ScatterND(p, i, u)\n"
                "y = ReduceSum(x, a)"),
    "clip": ("p = Constant<value_ints = [-4, 9]>()\nl = Constant<value_int = 0>()\n"
             "h = Constant<value_int = 2>()\na = Clip(p, l, h)\ny = ReduceSum(x, a)"),
    # Ops that the importer does not evaluate itself: they are compiled and run.
    "softmax": ("p = Constant<value_floats = [1.0, 9.0]>()\ns = Softmax(p)\nr = Round(s)\n"
                "a = Cast<to = 7>(r)\ny = ReduceSum(x, a)"),
    "product": ("p = Constant<value = float[1,2] {1.0, 2.0}>()\n"
                "q = Constant<value = float[2,1] {0.5, 0.25}>()\nm = MatMul(p, q)\n"
                "o = Constant<value_ints = [1]>()\nf = Reshape(m, o)\n"
                "a = Cast<to = 7>(f)\ny = ReduceSum(x, a)"),
    # More than is evaluated while the graph is built.
    "large": ("n = Constant<value_ints = [5000]>()\nb = Constant<value_int = 0>()\n"
              "e = Constant<value_int = 5000>()\ns = Constant<value_int = 1>()\n"
              "r = Range(b, e, s)\nl = Constant<value_int = 4998>()\n"
              "g = Greater(r, l)\nz = NonZero(g)\nf = Constant<value_ints = [1]>()\n"
              "q = Reshape(z, f)\nt = Constant<value_ints = [4998]>()\n"
              "a = Sub(q, t)\ny = ReduceSum(x, a)"),
    "if": ("s = Shape(x)\nl = Constant<value_ints = [0]>()\nd = Gather(s, l)\n"
           "t = Constant<value_ints = [2]>()\nq = Equal(d, t)\nf = Constant<value_ints = [0]>()\n"
           "c = Squeeze(q, f)\n"
           "y = If(c) <then_branch = a () => (float[3,4] u) "
           "{ k = Constant<value_int = 0>()  u = Gather(x, k) }, "
           "else_branch = b () => (float[2,3,4] v) { v = Identity(x) }>"),
    "same padding": SAME,
}
PRELUDE = ("zero = Constant<value_ints = [0]>()\ntwo = Constant<value_ints = [2]>()\n"
           "zero2 = Constant<value_ints = [0, 0]>()\n"
           "two2 = Constant<value_ints = [2, 1]>()\n")

random = np.random.default_rng(1)
x = random.standard_normal((2, 3, 4)).astype(np.float32)
for name, body in CASES.items():
    rank = "float[?,?] y" if name == "if" else "float[?,?,?] y"
    m = model(f"g ({X}) => ({rank}) {{ {PRELUDE}{body} }}")
    ir = emit(m)
    result = re.search(r"func\.func @main.*-> \(?tensor<([^>]*)>", ir)
    if not result:
        print(f"{name}: {ir}")
    elif "?" in result.group(1):
        print(f"{name}: open extents {result.group(1)}")
    else:
        print(f"{name}: {difference(m, [x])}")

# Extents of the call: numbers computed beside them are known, and comparing or dividing them leaves
# an extent.
OPEN = {
    "extents": ("float[N,3,4] x",
                "s = Shape(x)\nb = Constant<value_ints = [0]>()\nn = Gather(s, b)\n"
                "r = Constant<value_ints = [12]>()\nt = Concat<axis = 0>(n, r)\n"
                "y = Reshape(x, t)", "?x12"),
    "signs": ("float[N,3,4] x",
              "s = Shape(x)\nm = Constant<value_ints = [-1, -1, -1]>()\n"
              "q = Equal(s, m)\no = Constant<value_ints = [1, 1, 1]>()\n"
              "w = Where(q, o, s)\ny = Reshape(x, w)", "?x3x4"),
    "windows": ("float[N,3,4] x",
                "s = Shape(x)\ni = Constant<value_int = 2>()\nw = Gather(s, i)\n"
                "k = Constant<value_int = 3>()\nr = Mod(w, k)\nd = Sub(k, r)\np = Mod(d, k)\n"
                "z = Constant<value_ints = [0]>()\nh = Unsqueeze(p, z)\n"
                "l = Constant<value_ints = [0, 0, 0, 0, 0]>()\na = Concat<axis = 0>(l, h)\n"
                "y = Pad(x, a)", "?x3x6"),
    "same padding": ("float[N,3,4] x", SAME, "?x1x2"),
}
for name, (given, body, wanted) in OPEN.items():
    outs = ",".join("?" * len(wanted.split("x")))
    m = model(f"g ({given}) => (float[{outs}] y) {{ {body} }}")
    ir = emit(m)
    result = re.search(r"func\.func @main.*-> \(?tensor<([^>]*)xf32>", ir)
    print(f"{name}:", ir if not result else result.group(1), difference(m, [x]))
