# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with names that C does not allow, and with one symbol twice."""

import onnx
from onnx import TensorProto, helper

graph = helper.make_graph(
    [helper.make_node("Unsqueeze", ["input.1", "axis"], ["wide"]),
     helper.make_node("Add", ["input:1", "wide"], ["while"])], "g",
    [helper.make_tensor_value_info("input:1", TensorProto.FLOAT, ["batch", 3, None]),
     helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["batch", 3])],
    [helper.make_tensor_value_info("while", TensorProto.FLOAT, ["batch", 3, None])],
    [helper.make_tensor("axis", TensorProto.INT64, [1], [2])])
onnx.save(helper.make_model(graph, ir_version=8,
                            opset_imports=[helper.make_opsetid("", 17)]), "m.onnx")
