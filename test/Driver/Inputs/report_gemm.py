# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes gemm.onnx, a dense layer as exporters write it, and scaled.onnx, the same with alpha."""

import numpy as np
import onnx
from onnx import numpy_helper

from graphs import model

rng = np.random.default_rng(0)
for name, alpha in ("gemm", 1.0), ("scaled", 0.5):
    proto = model("g (float[1,6] x) => (float[1,8] y) "
                  f"{{ y = Gemm<transB = 1, alpha = {alpha}>(x, w, b) }}")
    for weight, shape in ("w", (8, 6)), ("b", (8,)):
        proto.graph.initializer.append(
            numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), weight))
    onnx.save(proto, f"{name}.onnx")
