# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scans of all kinds against loops of NumPy.

    scans.py FOLDER
"""

import sys

import numpy as np

import dlc

MODEL = """
// Two states that change places; nested inside, a scan over columns.
func.func @swap(%n: tensor<?xf32>, %a0: tensor<3xf32>, %b0: tensor<3xf32>)
    -> (tensor<3xf32>, tensor<3xf32>, tensor<?x3xf32>) {
  %a, %b, %all = dl.scan states(%x = %a0 : tensor<3xf32>, %y = %b0 : tensor<3xf32>)
                         inputs(%k = %n : tensor<?xf32>) {
    %s = dl.add %x, %k : tensor<3xf32>, tensor<f32>
    dl.yield states(%y, %x : tensor<3xf32>, tensor<3xf32>) outputs(%s : tensor<3xf32>)
  }
  return %a, %b, %all : tensor<3xf32>, tensor<3xf32>, tensor<?x3xf32>
}
func.func @nested(%xs: tensor<?x?x4xf32>, %h0: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  %last, %rows = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%row = %xs : tensor<?x?x4xf32>) {
    %inner = dl.scan states(%g = %h : tensor<4xf32>) inputs(%x = %row : tensor<?x4xf32>) reverse {
      %half = arith.constant dense<0.5> : tensor<f32>
      %m = dl.mul %g, %half : tensor<4xf32>, tensor<f32>
      %s = dl.add %m, %x : tensor<4xf32>, tensor<4xf32>
      dl.yield states(%s : tensor<4xf32>)
    }
    %t = dl.tanh %inner : tensor<4xf32>
    dl.yield states(%t : tensor<4xf32>) outputs(%t : tensor<4xf32>)
  }
  return %last, %rows : tensor<4xf32>, tensor<?x4xf32>
}
func.func @lengths(%xs: tensor<?x?x4xf64>, %n: tensor<?xi32>, %u: tensor<4x4xf64>, %h0: tensor<?x4xf64>)
    -> (tensor<?x4xf64>, tensor<?x?x4xf64>, tensor<?x4xf64>, tensor<?x?x4xf64>) {
  %a, %ya = dl.scan states(%h = %h0 : tensor<?x4xf64>) inputs(%x = %xs : tensor<?x?x4xf64>)
                    lengths(%n : tensor<?xi32>) axis 1 {
    %r = dl.dense %h, %u : tensor<?x4xf64>, tensor<4x4xf64>
    %s = dl.add %r, %x : tensor<?x4xf64>, tensor<?x4xf64>
    %t = dl.tanh %s : tensor<?x4xf64>
    dl.yield states(%t : tensor<?x4xf64>) outputs(%t : tensor<?x4xf64>)
  }
  %b, %yb = dl.scan states(%h = %h0 : tensor<?x4xf64>) inputs(%x = %xs : tensor<?x?x4xf64>)
                    lengths(%n : tensor<?xi32>) axis 1 reverse {
    %r = dl.dense %h, %u : tensor<?x4xf64>, tensor<4x4xf64>
    %s = dl.add %r, %x : tensor<?x4xf64>, tensor<?x4xf64>
    %t = dl.tanh %s : tensor<?x4xf64>
    dl.yield states(%t : tensor<?x4xf64>) outputs(%t : tensor<?x4xf64>)
  }
  return %a, %ya, %b, %yb : tensor<?x4xf64>, tensor<?x?x4xf64>, tensor<?x4xf64>, tensor<?x?x4xf64>
}
func.func @until(%h0: tensor<2xi64>, %limit: tensor<i64>, %places: tensor<?xi64>)
    -> (tensor<2xi64>, tensor<?x2xi64>, tensor<i64>) {
  %last, %all, %count = dl.scan states(%h = %h0 : tensor<2xi64>) inputs(%p = %places : tensor<?xi64>) {
    %d = dl.add %h, %h : tensor<2xi64>, tensor<2xi64>
    %next = dl.add %d, %p : tensor<2xi64>, tensor<i64>
    %sum = dl.reduce_sum %next axes [0] : tensor<2xi64>
    %stop = dl.greater %sum, %limit : tensor<i64>, tensor<i64>
    dl.yield states(%next : tensor<2xi64>) outputs(%next : tensor<2xi64>) until(%stop : tensor<i1>)
  }
  return %last, %all, %count : tensor<2xi64>, tensor<?x2xi64>, tensor<i64>
}
func.func @emit(%h0: tensor<3xf32>) -> tensor<7x3xf32> {
  %n = arith.constant 7 : index
  %all:2 = dl.scan states(%h = %h0 : tensor<3xf32>) steps(%n) {
    %next = dl.cos %h : tensor<3xf32>
    dl.yield states(%next : tensor<3xf32>) outputs(%h : tensor<3xf32>)
  }
  return %all#1 : tensor<7x3xf32>
}
"""


def swap(n, a, b):
    rows = []
    for k in n:
        rows.append(a + k)
        a, b = b, a
    return a, b, np.array(rows).reshape(len(n), 3)


def nested(xs, h):
    rows = []
    for row in xs:
        for x in row[::-1]:
            h = h * 0.5 + x
        h = np.tanh(h)
        rows.append(h)
    return h, np.array(rows).reshape(len(xs), 4)


def lengths(xs, n, u, h0):
    results = []
    for order in (1, -1):
        h, y = h0.copy(), np.zeros(xs.shape)
        for i, length in enumerate(n):
            for t in range(length)[::order]:
                h[i] = np.tanh(h[i] @ u + xs[i, t])
                y[i, t] = h[i]
        results += [h, y]
    return tuple(results)


def until(h, limit, places):
    y, count = np.zeros((len(places), 2), int), 0
    for p in places:
        h = 2 * h + p
        y[count] = h
        count += 1
        if h.sum() > limit:
            break
    return h, y, np.array(count)


def emit(h):
    rows = []
    for _ in range(7):
        rows.append(h)
        h = np.cos(h)
    return np.array(rows)


def main():
    path = f"{sys.argv[1]}/scans.mlir"
    with open(path, "w") as file:
        file.write(MODEL)
    library = dlc.load(dlc.compile(path))
    random = np.random.default_rng(5)
    wrong = 0

    def check(function, *inputs):
        nonlocal wrong
        got = getattr(library, function.__name__)(*inputs)
        wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs]
        wanted = function(*wide)
        pairs = zip(got, wanted) if isinstance(wanted, tuple) else [(got, wanted)]
        for a, b in pairs:
            tolerance = 4e-6 if a.dtype == np.float32 else 1e-12
            if a.shape != np.shape(b) or not np.allclose(a, b, rtol=0, atol=tolerance):
                wrong += 1
                print(function.__name__, [x.shape for x in inputs], a, b)

    def normal(*shape, kind=np.float32):
        return random.standard_normal(shape).astype(kind)

    for steps in (0, 1, 2, 5):
        check(swap, normal(steps), normal(3), normal(3))
        for columns in (0, 1, 4):
            check(nested, normal(steps, columns, 4), normal(4))
        for batch in (1, 3, 8):
            check(lengths, normal(batch, steps, 4, kind=float),
                  random.integers(0, steps + 1, batch).astype(np.int32),
                  normal(4, 4, kind=float) / 2, normal(batch, 4, kind=float))
        for limit in (-100, 20, 10000):
            check(until, random.integers(-3, 9, 2), np.array(limit),
                  random.integers(0, 5, steps))
    check(emit, normal(3))
    # Lengths that do not fit are refused before anything is computed.
    for bad in ([-1, 2], [1, 6]):
        try:
            library.lengths(normal(2, 5, 4, kind=float), np.array(bad, np.int32),
                            normal(4, 4, kind=float), normal(2, 4, kind=float))
            wrong += 1
            print("not refused", bad)
        except dlc.LibraryError as error:
            if "length" not in str(error):
                wrong += 1
                print(error)
    print(f"{wrong} wrong")


main()
