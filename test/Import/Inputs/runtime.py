# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ONNX decides at run time: extents that may be 1, clamped slices, states."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from graphs import difference, library, model

rng = np.random.default_rng(5)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def show(name, proto, *calls):
    results = []
    lib = library(proto)
    for inputs in calls:
        try:
            results.append(difference(proto, list(inputs), lib=lib))
        except Exception as error:
            results.append(str(error).strip().splitlines()[-1])
    print(f"{name}:", ", ".join(results))


# Either extent may be 1, or both are equal; otherwise the call ends.
PAIRS = [(3, 3), (1, 3), (3, 1), (1, 1)]
show("add", model("g (float[N] x, float[M] y) => (float[K] z) { z = Add(x, y) }"),
     *[(normal(a), normal(b)) for a, b in PAIRS])
show("known", model("g (float[N] x, float[3] y) => (float[K] z) { z = Add(x, y) }"),
     *[(normal(a), normal(3)) for a in (1, 3)])
show("where", model("g (bool[N,4] c, float[M,4] x, float[K,1] y) => (float[L,4] z) "
                    "{ z = Where(c, x, y) }"),
     *[(rng.integers(0, 2, (a, 4)).astype(bool), normal(b, 4), normal(c, 1))
       for a, b, c in [(3, 3, 3), (1, 3, 1), (3, 1, 3), (1, 1, 3)]])
show("max of three", model("g (float[N] x, float[M] y, float[K] u) => (float[L] z) "
                           "{ z = Max(x, y, u) }"),
     *[(normal(a), normal(b), normal(c)) for a, b, c in [(4, 1, 1), (1, 4, 4), (1, 1, 4)]])
show("gemm", model("g (float[N,3] x, float[3,2] w, float[M,2] b) => (float[N,2] z) "
                   "{ z = Gemm(x, w, b) }"),
     *[(normal(4, 3), normal(3, 2), normal(b, 2)) for b in (1, 4)])
show("matmul", model("g (float[N,2,3] x, float[M,3,2] y) => (float[K,2,2] z) "
                     "{ z = MatMul(x, y) }"),
     *[(normal(a, 2, 3), normal(b, 3, 2)) for a, b in PAIRS])
show("layer norm", model("g (float[N,F] x, float[G] s, float[H] o) => (float[N,F] y) "
                         "{ y = LayerNormalization(x, s, o) }"),
     *[(normal(2, 6), normal(a), normal(b)) for a, b in [(6, 6), (1, 6), (6, 1)]])
show("expand", model("g (float[N,1] x, int64[2] s) => (float[A,B] y) { y = Expand(x, s) }"),
     *[(normal(a, 1), np.array(s, np.int64)) for a, s in [(1, (3, 2)), (3, (1, 2)), (3, (3, 1))]])
show("of values", model("g (float[4] x, bool[4] c, float[N] y) => (float[M] z) "
                        "{ a = Compress(x, c)\nz = Add(a, y) }"),
     *[(normal(4), np.array(c, bool), normal(n))
       for c, n in [((1, 0, 1, 1), 3), ((1, 0, 0, 0), 3), ((1, 1, 1, 0), 1)]])
show("of values, backwards", model(
    "g (float[5] x, bool[5] c) => (float[M] z) {"
    "a = Compress<axis = 0>(x, c)\ns = Constant<value_ints = [0]>()\n"
    "e = Constant<value_ints = [-1000000]>()\nt = Constant<value_ints = [-1]>()\n"
    "d = Constant<value_ints = [0]>()\nz = Slice(a, s, e, d, t) }"),
    *[(normal(5), np.array(c, bool)) for c in [(1, 0, 1, 1, 0), (0, 0, 0, 0, 1)]])
show("pads", model("g (float[N] x, int64[2] p) => (float[M] z) { z = Pad(x, p) }"),
     *[(normal(4), np.array(p)) for p in [(1, 2), (3, -2), (2 ** 63 - 1, 2 ** 63 - 1)]])
# An attribute or another operand gives the extents that the type of an operand lacks.
show("filter of values", model(
    "g (float[1,2,6] x, float[24] w, int64[3] s) => (float[A,B,C] z)"
    "{ v = Reshape(w, s)\nz = Conv<kernel_shape = [3]>(x, v) }"),
     *[(normal(1, 2, 6), normal(24), np.array(s)) for s in [(4, 2, 3), (4, 3, 2)]])
show("weights of values", model(
    "g (float[5,1,2] x, float[12] w, float[12] r, int64[3] s) => (float[A,B,C,D] z)"
    "{ v = Reshape(w, s)\nu = Reshape(r, s)\nz = GRU<hidden_size = 2>(x, v, u) }"),
     *[(normal(5, 1, 2), normal(12), normal(12), np.array(s)) for s in [(1, 6, 2), (1, 4, 3)]])
show("statistics of values", model(
    "g (float[2,3,4] x, float[3] s, bool[3] k) => (float[2,3,4] z)"
    "{ m = Compress(s, k)\nz = BatchNormalization(x, s, s, m, s) }"),
     *[(normal(2, 3, 4), np.abs(normal(3)), np.array(k, bool)) for k in [(1, 1, 1), (1, 0, 1)]])
show("neither", model("g (float[N] x, float[M] y) => (float[K] z) { z = Add(x, y) }"),
     (normal(2), normal(3)))

# Starts and ends beyond either end, in both directions, of an extent that the call gives.
for step in (1, 2, -1, -2):
    proto = model("g (float[N] x, int64[1] s, int64[1] e) => (float[M] y) {"
                  f"a = Constant<value_ints = [0]>()\nt = Constant<value_ints = [{step}]>()\n"
                  "y = Slice(x, s, e, a, t) }")
    show(f"slice by {step}", proto,
         *[(normal(5), np.array([s], np.int64), np.array([e], np.int64))
           for s in (-9, -2, 0, 3, 9) for e in (-9, -2, 0, 3, 9)])
for s, e, step in [(-9, -99, -1), (-9, 5, 1), (0, -99, -1), (9, 9, 1), (3, 3, 1), (-2, 0, -2)]:
    proto = model("g (float[N,4] x) => (float[M,4] y) {"
                  f"s = Constant<value_ints = [{s}]>()\ne = Constant<value_ints = [{e}]>()\n"
                  "a = Constant<value_ints = [0]>()\n"
                  f"t = Constant<value_ints = [{step}]>()\ny = Slice(x, s, e, a, t) }}")
    show(f"slice {s}:{e}:{step}", proto, (normal(5, 4),), (normal(1, 4),))
show("slice of nothing", model(
    "g (float[N,3] x) => (float[N,0] y) {"
    "s = Constant<value_ints = [3]>()\ne = Constant<value_ints = [9]>()\n"
    "a = Constant<value_ints = [1]>()\ny = Slice(x, s, e, a) }"), (normal(2, 3),))

# Initial states with a known batch, inputs with an unknown one.
for kind, gates, given in (("LSTM", 4, ["h", "c"]), ("GRU", 3, ["h"]), ("RNN", 1, ["h"]),
                           ("LSTM", 4, ["", "c"])):
    weights = {"w": normal(1, gates * 2, 3), "r": normal(1, gates * 2, 2),
               "b": normal(1, gates * 4), "h": normal(1, 4, 2), "c": normal(1, 4, 2)}
    node = helper.make_node(kind, ["x", "w", "r", "b", "", *given], ["y"], hidden_size=2,
                            direction="reverse")
    for steps in (1, "T"):
        proto = helper.make_model(helper.make_graph(
            [node], "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [steps, "B", 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", 1, "B", 2])],
            [numpy_helper.from_array(v, n) for n, v in weights.items()
             if n in node.input]),
            opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
        show(f"{kind} of {' '.join(n for n in given if n)}, {steps} steps", proto,
             (normal(1 if steps == 1 else 5, 4, 3),))

# The last dimension by positions.
ml = model("g (float[N,5] x, int64[1,2] p) => (float[N,2] y) "
           "{ y = ai.onnx.ml.ArrayFeatureExtractor(x, p) }", domains=[("ai.onnx.ml", 1)])
show("features", ml, (normal(3, 5), np.array([[4, 0]], np.int64)))

# Extents of 0, known and unknown: absent elements are not read.
show("pad of nothing", model(
    "g (float[N,1,M] x) => (float[A,B,C] y) {"
    "p = Constant<value_ints = [2, -1, -1, 2, 1, 1]>()\ny = Pad(x, p) }"), (normal(3, 1, 4),))
show("split of nothing", model(
    "g (float[0,4] x) => (float[0,1] y, float[0,3] z) {"
    "s = Constant<value_ints = [1, 3]>()\ny, z = Split<axis = 1>(x, s) }"), (normal(0, 4),))
show("concat of nothing", model(
    "g (float[0,4] x, float[0,N] y) => (float[0,M] z) { z = Concat<axis = 1>(x, y) }"),
    (normal(0, 4), normal(0, 2)))
show("compress of nothing", model(
    "g (float[3,0] x, bool[0] c) => (float[3,M] z) { z = Compress<axis = 1>(x, c) }"),
    (normal(3, 0), np.zeros(0, bool)))
show("reversal of nothing", model(
    "g (float[0,3] x, int64[3] n) => (float[0,3] z) { z = ReverseSequence(x, n) }"),
    (normal(0, 3), np.zeros(3, np.int64)))
show("hardmax of nothing", model("g (float[3,0] x) => (float[3,0] z) { z = Hardmax(x) }"),
     (normal(3, 0),))
