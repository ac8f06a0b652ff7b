# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes models that must be refused, runs dlc on each and prints its message.

Every refusal ends with exit status 1, a message that names the file and the node or tensor, and no
output file.
"""

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DLC = sys.argv[1]
FLOAT = TensorProto.FLOAT


def info(name, shape, element=FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def model(nodes, inputs=None, outputs=None, weights=(), sparse=(), opset=17,
          functions=(), opsets=()):
    graph = helper.make_graph(
        nodes, "g", inputs or [info("x", [2, 3])], outputs or [info("y", None)],
        list(weights), sparse_initializer=list(sparse))
    return helper.make_model(
        graph, ir_version=8, functions=list(functions),
        opset_imports=[helper.make_opsetid("", opset), *opsets])


def relu(**options):
    return model([helper.make_node("Relu", ["x"], ["y"])], **options)


def add(weight, **options):
    return model([helper.make_node("Add", ["x", "w"], ["y"])], weights=[weight],
                 **options)


def external(shape=(2, 3), element=FLOAT, **entries):
    tensor = TensorProto(name="w", data_type=element, dims=shape,
                         data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def check(name, data, write=True, file="m.onnx"):
    """Compiles; prints the message without line breaks."""
    if write:
        with open(file, "wb") as out:
            out.write(data if isinstance(data, bytes) else
                      data.SerializeToString())
    if os.path.exists("m.so"):
        os.remove("m.so")
    done = subprocess.run([DLC, file, "-o", "m.so"], capture_output=True,
                          text=True, timeout=300)
    left = [f for f in os.listdir(".") if f.startswith("m.so") or ".tmp" in f]
    print(f"{name}: status {done.returncode}{' LEFT ' + str(left) if left else ''}:"
          f" {' '.join(done.stderr.split())[:600]}")


# --- Operators
unknown = model([
    helper.make_node("Frobnicate", ["x"], ["a"], name="first"),
    helper.make_node("Frobnicate", ["a"], ["b"], name="second"),
    helper.make_node("Gelu", ["b"], ["c"], name="gelu"),
    helper.make_node("Softmx", ["c"], ["y"], name="typo")])
check("operators", unknown)

# --- Files
data = relu().SerializeToString()
check("truncated", data[:-3])
check("garbage", b"\x00\xff" * 100)
check("empty", b"")
check("text", b"func.func @main() { return }")

# --- Graphs
node = helper.make_node
check("missing", model([node("Add", ["x", "w"], ["y"], name="n")]))
check("cycle", model([node("Add", ["x", "b"], ["a"], name="n1"),
                      node("Relu", ["a"], ["b"], name="n2"),
                      node("Relu", ["b"], ["y"], name="n3")]))
check("duplicate", model([node("Relu", ["x"], ["y"], name="n1"),
                          node("Relu", ["x"], ["y"], name="n2")]))
check("twice", relu(weights=[numpy_helper.from_array(np.zeros(3, np.float32), "w")] * 2))
check("output", model([node("Relu", ["x"], ["z"])]))
check("shape", model([node("MatMul", ["x", "x"], ["y"], name="product")]))
check("declared", relu(outputs=[info("y", [2, 4])]))
check("type", relu(outputs=[info("y", [2, 3], TensorProto.INT64)]))
check("element", relu(inputs=[info("x", [2], TensorProto.STRING)]))
check("negative", relu(inputs=[info("x", [2, -3])]))
check("rank", relu(inputs=[info("x", None)]))
check("attribute", model([node("Softmax", ["x"], ["y"], name="s", axis=1.5)]))
check("labels", model([node("NegativeLogLikelihoodLoss", ["x", "x"], ["y"], name="l")]))
check("axis", model([node("Softmax", ["x"], ["y"], name="s", axis=7)]))
condition = numpy_helper.from_array(np.array(True), "c")


def field(number, content):
    """A protobuf field that contains a message or a string."""
    size, text = len(content), b""
    while size > 127:
        text += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + text + bytes([size]) + content


deep = b""
for _ in range(2000):  # graph, node, attribute, graph, ...
    deep = field(1, field(4, b"If") + field(5, field(1, b"then_branch") +
                                            field(6, deep)))
check("deep", b"\x08\x08" + field(7, deep) + field(8, b"\x10\x11"))
loop = helper.make_function("d", "F", ["a"], ["b"], [node("F", ["a"], ["b"], domain="d")],
                            [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)])
check("recursion", model([node("F", ["x"], ["y"], domain="d")], functions=[loop],
                         opsets=[helper.make_opsetid("d", 1)]))

# Each of 40 functions calls the next one twice.
chain = [helper.make_function(
    "d", f"F{i}", ["a"], ["c"],
    [node(f"F{i + 1}" if i < 39 else "Relu", ["a"], ["b"],
          domain="d" if i < 39 else ""),
     node(f"F{i + 1}" if i < 39 else "Relu", ["b"], ["c"],
          domain="d" if i < 39 else "")],
    [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)])
    for i in range(40)]
check("explosion", model([node("F0", ["x"], ["y"], domain="d")], functions=chain,
                         opsets=[helper.make_opsetid("d", 1)]))

# --- Tensors
short = TensorProto(name="w", data_type=FLOAT, dims=[2, 3], raw_data=b"1234")
check("short", add(short))
check("values", add(TensorProto(name="w", data_type=FLOAT, dims=[2, 3],
                                float_data=[1, 2])))
check("huge", add(TensorProto(name="w", data_type=FLOAT, raw_data=b"1234",
                              dims=[1 << 40, 1 << 40])))
check("below zero", add(TensorProto(name="w", data_type=FLOAT, dims=[-2, 3],
                                    raw_data=b"1234")))
check("strange type", add(TensorProto(name="w", data_type=99, dims=[1],
                                      raw_data=b"1234")))
far = numpy_helper.from_array(np.ones(1, np.float32), "w")
sparse = onnx.SparseTensorProto(dims=[2, 3], values=far)
sparse.indices.CopyFrom(numpy_helper.from_array(np.array([6], np.int64), "i"))
check("sparse index", model([node("Add", ["x", "w"], ["y"])], sparse=[sparse]))
for extents in ([1 << 40, 1 << 40], [(1 << 28) + 1, 1]):
    sparse.dims[:] = extents
    check("sparse size", model([node("Add", ["x", "w"], ["y"])], sparse=[sparse]))

# --- External data
with open("w.bin", "wb") as out:
    out.write(np.ones(6, np.float32).tobytes())
os.makedirs("outside", exist_ok=True)
os.makedirs("inside/sub", exist_ok=True)
with open("outside/secret", "wb") as out:
    out.write(np.ones(6, np.float32).tobytes())
for link, target in (("inside/link", "../outside/secret"),
                     ("inside/folder", "../outside")):
    if not os.path.lexists(link):
        os.symlink(target, link)
if not os.path.exists("inside/hard"):
    os.link("outside/secret", "inside/hard")
os.mkfifo("inside/pipe") if not os.path.exists("inside/pipe") else None
for name, tensor in [
        ("absolute", external(location=os.path.abspath("w.bin"))),
        ("parent", external(location="../outside/secret")),
        ("hidden parent", external(location="sub/../../outside/secret")),
        ("symbolic link", external(location="link")),
        ("linked folder", external(location="folder/secret")),
        ("hard link", external(location="hard")),
        ("pipe", external(location="pipe")),
        ("folder", external(location="sub")),
        ("missing file", external(location="nowhere")),
        ("no location", external(offset=0)),
        ("in memory", external(location="*/_ORT_MEM_ADDR_/*", offset=4096,
                               length=24)),
        ("unknown key", external(location="link", basepath="/etc")),
        ("negative offset", external(location="link", offset=-8)),
        ("large offset", external(location="link", offset=str(1 << 70))),
        ("negative length", external(location="link", length=-1))]:
    check(name, add(tensor), file="inside/m.onnx")
check("beyond", add(external(location="w.bin", offset=8)))
check("wrong length", add(external(location="w.bin", length=20)))
check("undeclared", add(TensorProto(
    name="w", data_type=FLOAT, dims=[1], raw_data=b"1234",
    external_data=[onnx.StringStringEntryProto(key="location", value="w.bin")])))
constant = node("Constant", [], ["w"], name="c", value=external(location="../secret"))
check("constant", model([constant, node("Add", ["x", "w"], ["y"])]),
      file="inside/m.onnx")
branch = helper.make_graph([node("Add", ["x", "w"], ["z"])], "b", [],
                           [info("z", None)], [external(location="link")])
check("subgraph", model([node("If", ["c"], ["y"], then_branch=branch,
                              else_branch=branch)], weights=[condition]),
      file="inside/m.onnx")
outside = onnx.SparseTensorProto(dims=[2, 3], values=external((1,), location="link"))
outside.indices.CopyFrom(numpy_helper.from_array(np.array([0], np.int64), "i"))
check("sparse link", model([node("Add", ["x", "w"], ["y"])], sparse=[outside]),
      file="inside/m.onnx")
done = subprocess.run([DLC, "--dim", "batch=8", "m.onnx", "-o", "m.so"],
                      capture_output=True, text=True)
print("dim:", done.returncode, " ".join(done.stderr.split()))

# --- And what is right still goes through
check("good", add(external(location="w.bin", offset=0, length=24)))
