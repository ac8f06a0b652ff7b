# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes folded.onnx: pads, axes and a shape that other operators compute from constants and
extents, as exporters write them."""

import onnx

from graphs import computed_pads, model

onnx.save(model(f"""g (float[N,3,6,8] x) => (float[N,M] y) {{
    edges = Constant<value_ints = [1, 2, 0, 1]>()
    {computed_pads("edges", 4)}
    p = Pad(x, pads)
    number = Constant<value_int = 3>()
    axis = Unsqueeze(number, first)
    two = Constant<value_ints = [2]>()
    nine = Constant<value_ints = [9]>()
    s = Slice(p, two, nine, axis)
    shape = Shape(s)
    sizes = Slice(shape, first, back)
    rows = Gather(sizes, first)
    flat = Concat<axis = 0>(rows, back)
    y = Reshape(s, flat)
}}"""), "folded.onnx")
