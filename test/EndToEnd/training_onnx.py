# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An ONNX model trains: its initialisers are the parameters, by name.

    training_onnx.py FOLDER

Convolution, batch normalisation, a bidirectional LSTM and dense layers in the forms that exporters
write. The training library computes the same as the one for inference, before and after.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import dlc

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
weights = {
    "conv.weight": rng.normal(size=(4, 1, 3)) * 0.5, "conv.bias": rng.normal(size=4) * 0.1,
    "bn.scale": rng.uniform(0.5, 1.5, 4), "bn.bias": rng.normal(size=4) * 0.1,
    "bn.mean": rng.normal(size=4) * 0.1, "bn.var": rng.uniform(0.5, 1.5, 4),
    "lstm.W": rng.normal(size=(2, 24, 4)) * 0.3, "lstm.R": rng.normal(size=(2, 24, 6)) * 0.3,
    "lstm.B": rng.normal(size=(2, 48)) * 0.1, "fc.weight": rng.normal(size=(8, 12)) * 0.3,
    "fc.bias": rng.normal(size=8) * 0.1, "out.weight": rng.normal(size=(8, 3)) * 0.3,
    "out.bias": rng.normal(size=3) * 0.1, "scale": np.array(0.5)}
initializers = [numpy_helper.from_array(a.astype(np.float32), n) for n, a in weights.items()]
initializers.append(numpy_helper.from_array(np.array([10, 8, 12], np.int64), "shape"))
initializers.append(numpy_helper.from_array(np.array(9, np.int64), "last"))
nodes = [
    helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["c"], kernel_shape=[3],
                     pads=[1, 1]),
    helper.make_node("BatchNormalization", ["c", "bn.scale", "bn.bias", "bn.mean", "bn.var"],
                     ["n"]),
    helper.make_node("Transpose", ["n"], ["t"], perm=[2, 0, 1]),
    helper.make_node("LSTM", ["t", "lstm.W", "lstm.R", "lstm.B"], ["y"], hidden_size=6,
                     direction="bidirectional"),
    helper.make_node("Transpose", ["y"], ["z"], perm=[0, 2, 1, 3]),
    helper.make_node("Reshape", ["z", "shape"], ["s"]),
    helper.make_node("Gather", ["s", "last"], ["h"], axis=0),
    helper.make_node("Gemm", ["h", "fc.weight", "fc.bias"], ["f"], transB=1),
    helper.make_node("Tanh", ["f"], ["a"]),
    helper.make_node("Mul", ["a", "scale"], ["b"]),
    helper.make_node("MatMul", ["b", "out.weight"], ["m"]),
    helper.make_node("Add", ["m", "out.bias"], ["o"])]
model = helper.make_model(helper.make_graph(
    nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 1, 10])],
    [helper.make_tensor_value_info("o", TensorProto.FLOAT, [8, 3])], initializers),
    opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
onnx.save(model, folder / "model.onnx")

x = rng.normal(size=(8, 1, 10)).astype(np.float32)
t = rng.integers(0, 3, 8)
plain = dlc.load(dlc.compile(folder / "model.onnx", folder / "plain.so"))
learner = dlc.load(dlc.compile(folder / "model.onnx", folder / "learner.so", options=[
    "--train", "loss=cross_entropy", "optimizer=adam", "rate=0.02"]))
before = learner.main(x)
assert np.abs(before - plain.main(x)).max() < 1e-5

names = {n for n in learner.state if not n.endswith((".m", ".v"))}
# Stored in the layout in which it is read: transB is gone.
assert learner.state["fc.weight"].shape == (12, 8)
assert names == set(weights) - {"scale"} | {"training.random"}, names

loss = float(learner.step(x, t))
for _ in range(200):
    last = float(learner.step(x, t))
assert last < 0.3 * loss, (loss, last)

learner.save(folder / "learnt.safetensors")
after = dlc.load(dlc.compile(folder / "model.onnx", folder / "after.so", options=[
    "--parameters", str(folder / "learnt.safetensors")]))
error = np.abs(after.main(x) - learner.main(x)).max()
assert error < 1e-5 and np.abs(after.main(x) - before).max() > 0.1, error
print(f"loss {loss:.3f} to {last:.3f}; inference with what was learnt differs by {error:.0e}")
