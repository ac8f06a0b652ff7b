# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The state of a training library. Run in the folder of the libraries."""

import json
import struct
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

import dlc

rng = np.random.default_rng(0)
x = rng.normal(size=(8, 3)).astype(np.float32)
t = rng.normal(size=(8, 2)).astype(np.float32)
net = dlc.load("./net.so")

if sys.argv[1:] == ["learnt"]:
    net.restore("saved.safetensors")
    assert np.array_equal(dlc.load("./learnt.so").predict(x), net.predict(x))
    print("the same answers")
    sys.exit()


def refused(call, *arguments):
    try:
        call(*arguments)
    except dlc.LibraryError as error:
        return error
    raise AssertionError("not refused")


def bits(context):
    return {n: a.tobytes() for n, a in context.state.items()}


assert (net.state["base.w"] == 0.5).all() and (net.state["head.w"] == 0.25).all()
print("began with the values of the model")
for _ in range(5):
    net.step(x, t)
net.save("saved.safetensors")
found = load_file("saved.safetensors")
assert all(np.array_equal(found[n], a) for n, a in net.state.items())
print("safetensors reads it: base.w", list(found["base.w"].shape), found["base.w"].dtype)
again = net.context(1)
again.restore("saved.safetensors")
for context in (net, again):
    for _ in range(5):
        context.step(x, t)
assert bits(net) == bits(again)
print("loaded and continued: same bits")
before = bits(net)
print(refused(lambda: net.state["bas.w"]))
print(refused(net.state._call, "get", "base.w", np.zeros(1, np.float32)))
other = dlc.load("./other.so")
other.save("other.safetensors")
print(refused(net.restore, "other.safetensors"))
print(refused(other.restore, "saved.safetensors"))
data = open("saved.safetensors", "rb").read()
open("short.safetensors", "wb").write(data[:-8])
print(refused(net.restore, "short.safetensors"))
for change in (lambda a: a.T.copy(), lambda a: a.astype(np.float64)):
    save_file({**found, "head.w": change(found["head.w"])}, "changed.safetensors")
    print(refused(net.restore, "changed.safetensors"))
assert bits(net) == before
taken = 0
for _ in range(300):
    damaged = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        damaged[rng.integers(0, 8 + struct.unpack("<Q", data[:8])[0])] = rng.integers(0, 256)
    if rng.random() < 0.3:
        damaged = damaged[:rng.integers(0, len(damaged))]
    open("damaged.safetensors", "wb").write(damaged)
    try:
        net.restore("damaged.safetensors")
        taken += 1  # a change without meaning, or one that names another tensor
        net.restore("saved.safetensors")
        before = bits(net)
    except dlc.LibraryError as error:
        assert str(error)
        assert bits(net) == before
print("300 damaged files: refused or the same tensors, nothing changed otherwise")
print(refused(net.save, "no/such/folder/file"))
classes = dlc.load("./classes.so")
before = bits(classes)
error = refused(classes.step, x, np.array([0, 1, 0, 1, 2, 0, 0, 0]))
print(error)
assert bits(classes) == before
print(f"status {error.status}, state untouched")
before = bits(net)
for call in (net.step, net.evaluate):
    print(refused(call, x[:0], t[:0]))
assert bits(net) == before and net.predict(x[:0]).shape == (0, 2)
finite = dlc.load("./finite.so")
before = bits(finite)
x[3, 1] = np.inf
print(refused(finite.step, x, t))
assert bits(finite) == before
print("state untouched")
