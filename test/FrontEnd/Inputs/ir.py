# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules built op by op: their results, and the messages for what does not fit."""

import inspect
import tempfile
from pathlib import Path

import numpy as np

import dlc
from dlc import dl, ir

rng = np.random.default_rng(0)


def compiled(module):
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "m.mlir"
        source.write_text(module.text())
        return dlc.load(dlc.compile(source))


def say(name, isRight):
    print(f"{name}: {'right' if isRight else 'WRONG'}")


# Large and small globals, constants, numbers, operators, several results.
module = ir.Module()
w, b = (rng.standard_normal(s).astype(np.float32) for s in ((40, 6), (6,)))
module.add_global("layer/w", w)
module.add_global("b", b)
with module.function("main", x="tensor<?x40xf32>") as f:
    y = dl.dense(f.x, module.load("layer/w"), module.load("b")) * 2 - 1
    _, mean, variance = dl.batch_norm_training(y, np.ones(6, np.float32), [0.0] * 6)
    f.returns(y=y, mean=mean, variance=variance)
x = rng.standard_normal((5, 40)).astype(np.float32)
got, mean, variance = compiled(module).main(x)
want = (x.astype(np.float64) @ w + b) * 2 - 1
say("values", np.allclose(got, want, rtol=1e-5, atol=1e-5))
say("results", np.allclose(mean, want.mean(0), rtol=1e-5, atol=1e-5) and
    np.allclose(variance, want.var(0), rtol=1e-5, atol=1e-5))

# A region: the sum of squares of all steps before.
module = ir.Module()
with module.function("main", x="tensor<?x3xf32>", h="tensor<3xf32>") as f:
    with module.region(f.h.type, "tensor<3xf32>") as (h, e):
        after = h + e * e
        module.op("dl.yield", [after], [after])
    last, steps = module.op("dl.scan", [f.h], [f.x], regions=1, sizes=[1, 1, 0],
                            types=[f.h.type, f.x.type])
    f.returns(last=last, steps=steps)
x = rng.standard_normal((7, 3)).astype(np.float32)
last, steps = compiled(module).main(x, np.ones(3, np.float32))
want = 1 + np.cumsum(x.astype(np.float64) ** 2, axis=0)
say("scan", np.allclose(steps, want, rtol=1e-5) and np.array_equal(last, steps[-1]))

# State: a mutable global is a tensor of the library.
module = ir.Module()
module.add_global("count", np.zeros(1, np.int64), mutable=True)
with module.function("next") as f:
    now = module.load("count") + module.constant([1])
    module.store("count", now)
    f.returns(now=now)
library = compiled(module)
say("state", [int(library.next()[0]) for _ in range(3)] == [1, 2, 3] and
    library.state["count"] == [3])

# Every op has a function with the description of its entry.
functions = [getattr(dl, name) for name in dir(dl)]
say("functions", len(functions) == len(ir.catalogue()) and all(f.__doc__ for f in functions))
print(inspect.signature(dl.conv))

# What does not fit is reported with its place, and nothing is added.
module = ir.Module()
with module.function("main", x="tensor<?x4xf32>") as f:
    for name, attempt in {
            "shape": lambda: dl.dense(f.x, np.ones((3, 2), np.float32)),
            "operand": lambda: dl.dense(f.x),
            "types": lambda: dl.reshape(f.x),
            "attribute": lambda: dl.softmax(f.x, axs=0),
            "word": lambda: dl.pad(f.x, low=[0, 0], high=[0, 0], mode="mirror"),
            "op": lambda: module.op("dl.sofmax", f.x),
            "elements": lambda: module.constant(np.ones(2, np.complex64)),
            "name": lambda: f.y,
            "type": lambda: module.region("tensor<4xf33>").__enter__(),
            "nested": lambda: module.function("other").__enter__(),
    }.items():
        try:
            with module.place("model/dense_1"):
                attempt()
            print(f"{name}: accepted")
        except (ir.IRError, AttributeError) as problem:
            print(f"{name}: {problem}")
    try:
        module.text()
    except ir.IRError as problem:
        print(f"text: {problem}")
    f.returns(x=f.x)
say("whole", "dl.dense" not in str(module) and "return %arg0" in str(module))

# Values defined in a region end with it, and an abandoned function leaves no trace.
module = ir.Module()
try:
    with module.function("given_up", x="tensor<?x4xf32>") as f:
        with module.region(f.x.type) as (inside,):
            dl.exp(inside)
            raise KeyError("of the caller's own")
except KeyError:
    pass
with module.function("main", x="tensor<?x4xf32>") as f:
    for name, attempt in {"gone": lambda: dl.exp(inside), "missing": lambda: dl.transpose(f.x),
                          "count": lambda: module._op("dl.add", [f.x], "{}"),
                          "numbers": lambda: module.op("dl.iota", [], axis=0,
                                                       types=["tensor<2xcomplex<f32>>"])}.items():
        try:
            attempt()
            print(f"{name}: accepted")
        except ir.IRError as problem:
            print(f"{name}: {problem}")
    f.returns(x=f.x)
say("given up", "given_up" not in str(module) and "func.func @main" in str(module))
