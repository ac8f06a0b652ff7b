# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nodes whose operator is supported and whose form is not: the message of dlc for each."""

import subprocess
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

NEWEST = 24
FLOAT, INT, BOOL = (onnx.TensorProto.FLOAT, onnx.TensorProto.INT64,
                    onnx.TensorProto.BOOL)


def compile(name, nodes, types, outputs, constants, opset):
    """Prints the message of dlc, without line breaks."""
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(k, element, shape)
         for k, (element, shape) in types.items()],
        [onnx.ValueInfoProto(name=o) for o in outputs],
        [numpy_helper.from_array(v, k) for k, v in constants.items()])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", opset)]), "m.onnx")
    done = subprocess.run([sys.argv[1], "m.onnx", "-o", "m.so"], capture_output=True,
                          text=True, timeout=300)
    print(f"{name}: status {done.returncode}: {' '.join(done.stderr.split())}")


def refuse(name, kind, inputs, outputs=("y",), opset=NEWEST, **attributes):
    """One node. inputs: {name: shape, or an array known at compile time}."""
    constants = {k: v for k, v in inputs.items() if isinstance(v, np.ndarray)}
    types = {k: (FLOAT, v) for k, v in inputs.items() if k and k not in constants}
    node = helper.make_node(kind, list(inputs), list(outputs), name="n", **attributes)
    compile(name, [node], types, outputs, constants, opset)


def ints(*values):
    return np.array(values, np.int64)


image, scalar = [1, 2, 4, 4], np.array(3, np.int64)
refuse("grid rank", "GridSample", {"x": image, "g": [1, 2, 2, 3]})
refuse("grid mode", "GridSample", {"x": image, "g": [1, 2, 2, 2]}, mode="bilinear")
refuse("grid padding", "GridSample", {"x": image, "g": [1, 2, 2, 2]},
       padding_mode="wrap")
refuse("affine", "AffineGrid", {"t": [1, 2, 4], "s": ints(1, 1, 3, 3)})
refuse("deform groups", "DeformConv", {"x": image, "w": [2, 2, 3, 3],
                                       "o": [1, 9, 2, 2]})
refuse("deform places", "DeformConv", {"x": image, "w": [2, 2, 3, 3],
                                       "o": [1, 18, 3, 3]})
refuse("fold", "Col2Im", {"x": [1, 9, 5], "i": ints(4, 4), "b": ints(3, 3)})
refuse("fold far", "Col2Im", {"x": [1, 1 << 20, 1], "i": ints(1 << 20),
                              "b": ints(1 << 20)})
refuse("crop", "CenterCropPad", {"x": image, "s": ints(3, 3)}, axes=[1])
refuse("scatter axis", "TensorScatter", {"x": [2, 3], "u": [2, 3]}, axis=0)
refuse("scatter mode", "TensorScatter", {"x": [2, 3], "u": [2, 3]}, axis=1,
       mode="around")
refuse("gate", "SwiGLU", {"a": [2, 3], "b": [2, 1]}, opset=28)
refuse("dft parts", "DFT", {"x": [2, 8, 3]})
refuse("dft axis", "DFT", {"x": [2, 8, 2], "": None, "a": ints(2)})
refuse("dft length", "DFT", {"x": [2, "n", 2]})
refuse("dft no length", "DFT", {"x": [2, 8, 2], "l": np.array(0)})
refuse("stft step", "STFT", {"x": [1, 8, 1], "s": np.array(0), "w": [4]})
refuse("stft frame", "STFT", {"x": [1, 8, 1], "s": scalar, "w": [9]})
refuse("window", "HannWindow", {"n": np.array(-1, np.int64)})
refuse("window type", "HannWindow", {"n": scalar}, output_datatype=8)
refuse("mel", "MelWeightMatrix", {
    "b": scalar, "l": np.array(16), "r": np.array(8), "f": np.float32([0]),
    "t": np.float32([800])})
refuse("determinant", "Det", {"x": [3, 4]})
refuse("determinant size", "Det", {"x": [40, 40]})
refuse("state", "CausalConvWithState", {"x": [1, 2, 3], "w": [2, 2, 3]}, opset=27)
refuse("attention", "LinearAttention", {"q": [1, 2, 4], "k": [1, 2, 3],
                                        "v": [1, 2, 4]}, opset=27, q_num_heads=2,
       kv_num_heads=2, update_rule="linear")
refuse("attention decay", "LinearAttention", {"q": [1, 2, 4], "k": [1, 2, 4],
                                              "v": [1, 2, 4]}, opset=27,
       q_num_heads=2, kv_num_heads=2, update_rule="gated")
refuse("places", "MaxPool", {"x": [1, 1, 2, 2, 2, 2]}, outputs=("y", "i"),
       kernel_shape=[1, 1, 1, 1])
refuse("window rank", "MaxPool", {"x": [1, 1, 2, 2, 2]}, kernel_shape=[1, 1, 1, 1])
refuse("split", "SplitToSequence", {"x": ["n", 2]})
refuse("no sequence", "SequenceLength", {"x": [2]})

# --- Sequences


def refuse_sequence(name, *nodes, **types):
    """Nodes that read a sequence s of two tensors."""
    compile(name, [helper.make_node("SequenceConstruct", ["x", "x"], ["s"]), *nodes],
            {"x": (FLOAT, [2]), **types}, ["y"], {"five": np.array(5)}, NEWEST)


def body():
    """A graph that appends x to a sequence."""
    insert = helper.make_node("SequenceInsert", ["t", "x"], ["t2"])
    sequence = helper.make_tensor_sequence_value_info("t", FLOAT, None)
    return helper.make_graph(
        [insert, helper.make_node("Identity", ["c"], ["c2"])], "b",
        [helper.make_tensor_value_info("i", INT, []),
         helper.make_tensor_value_info("c", BOOL, []), sequence],
        [helper.make_tensor_value_info("c2", BOOL, []),
         helper.make_tensor_sequence_value_info("t2", FLOAT, None)])


node = helper.make_node
refuse_sequence("tensor wanted", node("Relu", ["s"], ["y"], name="n"))
refuse_sequence("at", node("SequenceAt", ["s", "five"], ["y"], name="n"))
refuse_sequence("insert", node("SequenceInsert", ["s", "x", "five"], ["y"], name="n"))
refuse_sequence("erase", node("SequenceErase", ["s", "five"], ["y"], name="n"))
refuse_sequence("at unknown", node("SequenceAt", ["s", "p"], ["y"], name="n"),
                p=(INT, []))
refuse_sequence("concat empty", node("SequenceEmpty", [], ["e"]),
                node("ConcatFromSequence", ["e"], ["y"], name="n", axis=0))
refuse_sequence("nothing", node("SequenceEmpty", [], ["y"]))
refuse_sequence("loop", node("Loop", ["p", "", "s"], ["y"], name="n", body=body()),
                p=(INT, []))
refuse_sequence("no element", node("Optional", [], ["o"], type=helper.
                                   make_tensor_type_proto(FLOAT, [2])),
                node("OptionalGetElement", ["o"], ["y"], name="n"))

# A scalar in ONNX that has no element, or several, in the file.
refuse("no operands", "ReverseSequence", {})
refuse("scalars", "GatherElements", {"x": [], "i": scalar})
refuse("window of nothing", "HannWindow", {"s": ints()})
refuse("window of none", "HannWindow", {"s": [0]})
refuse("range of nothing", "Range", {"a": [0], "b": [0], "c": [0]})
refuse("range of no integers", "Range", {"a": ints(), "b": ints(), "c": ints()})
refuse("range without end", "Range",
       {k: np.array(v, np.float32) for k, v in (("a", 0), ("b", 3e38), ("c", 1e-38))})
refuse("sum along nothing", "CumSum", {"x": [2, 3], "a": ints()})
refuse("filters of nothing", "QLinearConv", {f"x{i}": [0] for i in range(9)})
refuse("loop of nothing", "Loop", {"m": ints(), "c": np.array(True), "s": [2]}, body=helper.
       make_graph([helper.make_node("Identity", [a], [a + "2"]) for a in "cs"], "b",
                  [helper.make_tensor_value_info(k, e, [])
                   for k, e in (("i", INT), ("c", BOOL), ("s", FLOAT))],
                  [helper.make_tensor_value_info("c2", BOOL, []),
                   helper.make_tensor_value_info("s2", FLOAT, [])]))
