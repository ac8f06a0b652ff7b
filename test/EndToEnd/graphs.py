# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small ONNX graphs in the text format of onnx.parser, against ONNX Runtime."""

import os
import subprocess
import tempfile

import numpy as np
import onnx
import onnx.parser
import onnxruntime

import dlc


def model(text, opset=18, domains=()):
    """`g (float[N] x) => (float[M] y) { y = Relu(x) }` as a model."""
    imports = ", ".join([f'"" : {opset}', *(f'"{d}" : {v}' for d, v in domains)])
    return onnx.parser.parse_model(
        f"<ir_version: 8, opset_import: [{imports}]> {text}")


def computed_pads(given, rank):
    """Nodes that compute `pads` of Pad from torch's list of pairs, which begins with the last
    dimension, as torch.onnx.export(dynamo=False) writes them."""
    return (f"count = Shape({given})\nfirst = Constant<value_ints = [0]>()\n"
            "some = Gather(count, first)\n"
            f"most = Constant<value_int = {2 * rank}>()\nrest = Sub(most, some)\n"
            f"numbers = Cast<to = 7>({given})\n"
            "zeros = ConstantOfShape<value = int64[1] {0}>(rest)\n"
            "all = Concat<axis = 0>(numbers, zeros)\n"
            "pairs = Constant<value_ints = [-1, 2]>()\ntable = Reshape(all, pairs)\n"
            "back = Constant<value_ints = [-1]>()\n"
            "end = Constant<value_ints = [-9223372036854775807]>()\n"
            "reversed = Slice(table, back, end, first, back)\n"
            "turned = Transpose<perm = [1, 0]>(reversed)\nlist = Reshape(turned, back)\n"
            "pads = Cast<to = 7>(list)\n")


def emit(proto, *options, stage="dl"):
    """The IR of a stage, or the message of dlc."""
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(proto, os.path.join(folder, "m.onnx"))
        done = subprocess.run(["dlc", "m.onnx", f"--emit={stage}", "-o", "m.mlir",
                               *options], capture_output=True, text=True,
                              cwd=folder)
        if done.returncode:
            return done.stderr.strip()
        with open(os.path.join(folder, "m.mlir")) as file:
            return file.read()


def library(proto, *options):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "m.onnx")
    onnx.save(proto, path)
    return dlc.load(dlc.compile(path, options=options))


def run(lib, inputs):
    """The results of dlc, as a list."""
    results = lib.main(*inputs)
    return list(results) if isinstance(results, (tuple, list)) else [results]


def expected(proto, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    names = [i.name for i in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs)))


def difference(proto, inputs, *options, lib=None):
    """"right", or what is wrong. Values agree within 1e-5 of the largest."""
    found = run(lib or library(proto, *options), inputs)
    wanted = expected(proto, inputs)
    for a, b in zip(found, wanted):
        if a.shape != b.shape:
            return f"wrong shape {a.shape}, expected {b.shape}"
        if a.size and np.max(np.abs(a.astype(np.float64) - b)) > 1e-5 * max(
                1, float(np.max(np.abs(b)))):
            return f"wrong: {a.ravel()[:4]}, expected {b.ravel()[:4]}"
    return "right" if len(found) == len(wanted) else "wrong count"
