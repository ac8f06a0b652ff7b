# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Python package as used by a program."""

import sys
from pathlib import Path

import numpy as np

import dlc

work = Path(sys.argv[1])
work.mkdir(parents=True, exist_ok=True)
model = work / "net.mlir"
model.write_text("""
func.func @add(%a: tensor<?x3xf32> {dl.name = "a"}, %b: tensor<?x3xf32> {dl.name = "b"}) -> tensor<?x3xf32> {
  %y = dl.add %a, %b : tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
func.func @both(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xi1>) {
  %zero = arith.constant dense<0.0> : tensor<f64>
  %y = dl.neg %x : tensor<4xf64>
  %z = dl.less %x, %zero : tensor<4xf64>, tensor<f64>
  return %y, %z : tensor<4xf64>, tensor<4xi1>
}
""")
library = dlc.load(dlc.compile(model))
assert library.name == "net" and set(library.functions) == {"add", "both"}
a = np.arange(6, dtype=np.float32).reshape(2, 3)
assert np.array_equal(library.add(a, a), 2 * a)

# Results go into the caller's array; inputs are read in place.
out = np.empty((2, 3), np.float32)
assert library.add(a, a, out=out) is out and np.array_equal(out, 2 * a)
y, z = library.both(np.array([-1.0, 2, -3, 4]))
assert y.dtype == np.float64 and z.dtype == np.bool_ and z.tolist() == [1, 0, 1, 0]
assert library.context(threads=1).threads == 1

problems = 0


def refuses(kind, text, call):
    global problems
    try:
        call()
    except kind as error:
        assert text in str(error), str(error)
        problems += 1
    else:
        raise AssertionError(f"nothing refused: {text}")


refuses(dlc.LibraryError, "expected float32", lambda: library.add(a.astype("d"), a))
refuses(dlc.LibraryError, "not contiguous", lambda: library.add(a.T.copy().T, a))
refuses(dlc.LibraryError, "has 1 dimensions, expected 2",
        lambda: library.add(a.ravel(), a))
refuses(dlc.LibraryError, "operands differ in dimension 0",
        lambda: library.add(a, a[:1].copy()))
refuses(dlc.LibraryError, "2 inputs given, expected 1", lambda: library.both(a, a))
refuses(dlc.LibraryError, "expected a numpy array", lambda: library.add([1.0], a))
refuses(dlc.LibraryError, "cannot load", lambda: dlc.load(work / "none.so"))
refuses(dlc.CompileError, "there is no file", lambda: dlc.compile(work / "none.mlir"))
refuses(AttributeError, "only add, both", lambda: library.subtract)
print("classes of problems:", problems)
