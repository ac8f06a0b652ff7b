# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Passes files of many kinds to dlc and prints its messages."""

import gzip
import io
import os
import pickle
import subprocess
import zipfile

import numpy as np
import onnx
from onnx import TensorProto, helper

value = helper.make_tensor_value_info
model = helper.make_model(
    helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g",
                      [value("x", TensorProto.FLOAT, [2])],
                      [value("y", TensorProto.FLOAT, [2])]),
    opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
text = b"func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {\n  return %x : tensor<2xf32>\n}\n"


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return buffer.getvalue()


def field(number, content):
    return bytes([number << 3 | 2, len(content)]) + content


def saved(array):
    buffer = io.BytesIO()
    array(buffer)
    return buffer.getvalue()


def run(name, argument, data=None, **more):
    result = subprocess.run(["dlc", argument, "-o", "out.so"], input=data, capture_output=True,
                            **more)
    message = result.stderr.decode().split("\n")[0].removeprefix(f"dlc: error: '{argument}' ")
    print(f"{name}: {result.returncode} {message}".strip())


files = {
    "a.npz": saved(lambda f: np.savez(f, x=np.zeros(3))),
    "a.npy": saved(lambda f: np.save(f, np.zeros(3))),
    "a.keras": archive("metadata.json", "config.json", "model.weights.h5"),
    "a.pt": archive("archive/data.pkl", "archive/version"),
    "a.zip": archive("readme"),
    "a.pkl": pickle.dumps({"weights": [1, 2]}),
    "a.h5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "saved_model.pb": b"\x08\x01" + field(2, field(1, field(4, b"serve") + b"\0")),
    "frozen.pb": field(1, field(1, b"input\0")) * 3,
    "a.tflite": b"\x1c\0\0\0TFL3" + bytes(64),
    "a.onnx.gz": gzip.compress(model),
    "a.safetensors": (b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}').join(
        [(54).to_bytes(8, "little"), bytes(4)]),
    "a.so": b"\x7fELF\2\1\1" + bytes(64),
    "a.mlirbc": b"ML\xefR" + bytes(64),
    "a.json": b'{\n  "model": 1\n}\n',
    "pointer.onnx": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "empty.mlir": b"",
    "noise.mlir": bytes(range(255, 0, -1)) * 3,
    "text.mlir": b"This is a letter.\n",
    "wrong-name.mlir": model,
}
for name, data in files.items():
    with open(name, "wb") as file:
        file.write(data)
    run(name, name)
run("standard input", "-", model)
run("mlir on standard input", "-", text)
read, write = os.pipe()
os.write(write, text)
os.close(write)
run("from a pipe", f"/dev/fd/{read}", pass_fds=[read])
run("device", "/dev/zero", timeout=300)
