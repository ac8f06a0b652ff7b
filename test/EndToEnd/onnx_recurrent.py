# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random RNN, LSTM and GRU nodes against ONNX Runtime in f32.

    onnx_recurrent.py FOLDER

Weights are initializers, so that products are packed at compile time. Lengths and the number of
steps are free.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import dlc

RANDOM = np.random.default_rng(23)
GATES, PLACES = {"RNN": 1, "LSTM": 4, "GRU": 3}, {"RNN": 1, "LSTM": 3, "GRU": 2}
FUNCTIONS = ["Relu", "Tanh", "Sigmoid"]
TOLERANCE = 1e-5


def chance(p):
    return RANDOM.random() < p


def draw(kind):
    hidden, inputs, batch = (int(RANDOM.integers(1, n)) for n in (70, 50, 7))
    direction = str(RANDOM.choice(["forward", "reverse", "bidirectional"]))
    count = 2 if direction == "bidirectional" else 1
    gates = GATES[kind] * hidden
    initializers, names = [], []

    def add(name, *shape):
        values = RANDOM.uniform(-1, 1, shape) / np.sqrt(shape[-1])
        initializers.append(numpy_helper.from_array(values.astype(np.float32), name))
        names.append(name)

    names.append("X")
    add("W", count, gates, inputs)
    add("R", count, gates, hidden)
    if chance(0.7):
        add("B", count, 2 * gates)
    else:
        names.append("")
    feeds = {"X": ("T", batch, inputs)}
    if chance(0.5):
        names.append("lengths")
        feeds["lengths"] = (batch,)
    else:
        names.append("")
    states = ["h0", "c0"] if kind == "LSTM" else ["h0"]
    for state in states if chance(0.5) else []:
        names.append(state)
        feeds[state] = (count, batch, hidden)
    if kind == "LSTM" and names[-1] == "c0" and chance(0.5):
        add("P", count, 3 * hidden)
    attributes = {"hidden_size": hidden, "direction": direction}
    if chance(0.3):
        attributes["activations"] = [str(f) for f in
                                     RANDOM.choice(FUNCTIONS, PLACES[kind] * count)]
    if kind == "GRU" and chance(0.5):
        attributes["linear_before_reset"] = 1
    if chance(0.3):
        attributes["clip"] = 0.9
    outputs = ["Y", "Y_h", "Y_c"][:3 if kind == "LSTM" else 2]
    node = helper.make_node(kind, names, outputs, **attributes)
    types = [helper.make_tensor_value_info(
        name, TensorProto.INT32 if name == "lengths" else TensorProto.FLOAT, shape)
        for name, shape in feeds.items()]
    graph = helper.make_graph(
        [node], "g", types,
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        initializers)
    model = helper.make_model(graph, ir_version=8,
                              opset_imports=[helper.make_opsetid("", 14)])
    return onnx.shape_inference.infer_shapes(model), feeds


def main():
    worst = 0.0
    for i in range(40):
        model, feeds = draw(["RNN", "LSTM", "GRU"][i % 3])
        path = f"{sys.argv[1]}/model{i}.onnx"
        onnx.save(model, path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        library = dlc.load(dlc.compile(path))
        for steps in (1, int(RANDOM.integers(2, 30))):
            values = {}
            for name, shape in feeds.items():
                shape = [steps if e == "T" else e for e in shape]
                values[name] = (RANDOM.integers(1, steps + 1, shape).astype(np.int32)
                                if name == "lengths" else
                                RANDOM.standard_normal(shape).astype(np.float32))
            wanted = session.run(None, values)
            got = library.main(*values.values())
            for a, b in zip(got, wanted):
                error = np.abs(a - b).max() / max(np.abs(b).max(), 1e-3)
                worst = max(worst, float(error))
                if a.shape != b.shape or not error <= TOLERANCE:
                    sys.exit(f"model {i}, {steps} steps: {model.graph.node[0]}: error {error}")
    print(f"40 models, largest relative error {worst:.1e}")


main()
