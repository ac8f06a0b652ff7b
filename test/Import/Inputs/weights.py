# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weights in a separate file: read, shared, checked."""

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import dlc

random = np.random.default_rng(1)
w = random.standard_normal((64, 16)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 64])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 16])],
    [numpy_helper.from_array(w, "w")])
onnx.save(helper.make_model(graph, ir_version=8,
                            opset_imports=[helper.make_opsetid("", 17)]), "m.onnx")
x = random.standard_normal((3, 64)).astype(np.float32)


def show(title, **options):
    # In a process of its own, because a process loads a library name only once.
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        library = dlc.load("m.so", **options)
        error = np.max(np.abs(library.main(x) - x @ w))
        print(title, "right" if error < 1e-4 else f"wrong by {error}",
              library.weight_bytes)
        other = library.context()
        assert np.array_equal(other.main(x), library.main(x))
    except dlc.LibraryError as error:
        print(title, error.status, error)
    sys.stdout.flush()
    os._exit(0)


dlc.compile("m.onnx", "m.so")
show("inside:")
print("weights in the object:", os.path.getsize("m.so") > w.nbytes)
done = subprocess.run(["dlc", "-v", "m.onnx", "-o", "m.so", "--weights",
                       "m.safetensors"], capture_output=True, text=True)
print(done.stdout.splitlines()[0])
print("library without them:", os.path.getsize("m.so") < 60000)
show("beside:")

# Another reader of the format finds the same values.
data = open("m.safetensors", "rb").read()
import json
size = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + size])
entry = header["w"]
begin, end = entry["data_offsets"]
found = np.frombuffer(data[8 + size:][begin:end], np.float32)
print("format:", entry["dtype"], entry["shape"],
      np.array_equal(found.reshape(entry["shape"]), w))

os.rename("m.safetensors", "elsewhere.safetensors")
show("missing:")
show("named:", weights="elsewhere.safetensors")
changed = bytearray(data)
changed[-1] ^= 1
open("m.safetensors", "wb").write(changed)
show("changed:")
open("m.safetensors", "wb").write(data[:-4])
show("shorter:")
os.remove("m.safetensors")
os.mkdir("m.safetensors")
show("folder:")
