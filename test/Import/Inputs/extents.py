# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Equal extents cost nothing; others may broadcast at run time."""

import re
import sys

import numpy as np

from graphs import emit, model


def show(name, text, *options, opset=18):
    ir = emit(model(text, opset), *options)
    print(f"{name}: {len(re.findall('dl.broadcast', ir))} broadcasts"
          if "func.func" in ir else f"{name}: {ir}")


# One name, and the same window over it or the same slice of a shape.
show("names", "g (float[N,T,8] x, float[N,T,8] y) => (float[N,T,8] z) { z = Add(x, y) }")
show("residual", "g (float[N,4,H,W] x, float[4,4,3,3] w, float[4,4,1,1] v) "
     "=> (float[N,4,?,?] z) {"
     "a = Conv<kernel_shape = [3,3], strides = [2,2], pads = [1,1,1,1]>(x, w)\n"
     "b = Conv<kernel_shape = [1,1], strides = [2,2]>(x, v)\nz = Add(a, b) }")
show("pools", "g (float[N,4,H,W] x) => (float[N,4,?,?] z) {"
     "a = MaxPool<kernel_shape = [3,3], strides = [2,2], pads = [1,1,1,1]>(x)\n"
     "b = AveragePool<kernel_shape = [1,1], strides = [2,2]>(x)\nz = Add(a, b) }")
show("heads", "g (float[N,T,8] x) => (float[N,T,8] z) {"
     "s = Constant<value_ints = [0, 0, 2, 4]>()\nh = Reshape(x, s)\n"
     "t = Transpose<perm = [0, 2, 1, 3]>(h)\nu = Transpose<perm = [0, 2, 3, 1]>(h)\n"
     "p = MatMul(t, u)\nq = Softmax(p)\nr = MatMul(q, t)\n"
     "v = Transpose<perm = [0, 2, 1, 3]>(r)\nf = Constant<value_ints = [0, 0, 8]>()\n"
     "w = Reshape(v, f)\nz = Add(w, x) }")
# Heads by the extents of another tensor, read one by one from its shape.
show("heads by shapes", "g (float[N,T,8] x) => (float[N,T,8] z) {"
     "s = Shape(x)\nzero = Constant<value_ints = [0]>()\none = Constant<value_ints = [1]>()\n"
     "n = Gather(s, zero)\nt = Gather(s, one)\nr = Relu(x)\nu = Constant<value_ints = [2]>()\n"
     "v = Constant<value_ints = [4]>()\nw = Constant<value_ints = [8]>()\n"
     "i = Concat<axis = 0>(n, t, u, v)\nh = Reshape(r, i)\n"
     "j = Concat<axis = 0>(n, t, w)\nk = Reshape(h, j)\n"
     "m = Constant<value_ints = [-1]>()\nl = Concat<axis = 0>(m, t, w)\no = Reshape(k, l)\n"
     "p = Add(k, o)\nz = Add(p, x) }")
show("positions", "g (int64[N,T] x, float[100,8] e) => (float[N,T,8] z) {"
     "s = Shape(x)\none = Constant<value_int = 1>()\nt = Gather(s, one)\n"
     "zero = Constant<value_int = 0>()\nr = Range(zero, t, one)\n"
     "p = Gather(e, r)\na = Gather(e, x)\nz = Add(a, p) }")
show("shape of", "g (float[N,T] x, float[1,1] y) => (float[N,T] z) {"
     "s = Shape(x)\ne = Expand(y, s)\nz = Mul(x, e) }")
# Any of these may be 1.
show("two names", "g (float[N] x, float[M] y) => (float[?] z) { z = Add(x, y) }")
show("no names", "g (float[?] x, float[?] y) => (float[?] z) { z = Add(x, y) }")
show("of a known one", "g (float[N] x, float[3] y) => (float[?] z) { z = Add(x, y) }")
show("three", "g (float[N] x, float[M] y, float[K] u) => (float[?] z) { z = Max(x, y, u) }")
show("batches", "g (float[N,2,3] x, float[M,3,2] y) => (float[?,2,2] z) { z = MatMul(x, y) }")
show("values", "g (float[4] x, bool[4] c, float[N] y) => (float[?] z) {"
     "a = Compress(x, c)\nz = Where(c, a, y) }")
# Fixed by name or place.
TWO = "g (float[batch,?,4] image, float[?] y) => (float[?,?,4] z) { z = Mul(image, image) }"
for options in (["--dim", "batch=8", "--dim", "image:1=3"], ["--dim", "image:0=8"],
                ["--dim", "batsh=8"], ["--dim", "image:2=8"], ["--dim", "y:1=3"]):
    ir = emit(model(TWO), *options)
    found = re.search(r"%arg0: tensor<(\S*)xf32>", ir)
    print(" ".join(options), "->", found.group(1) if found else ir)
