# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products with operands rounded to bf16, against NumPy.

Rounding is exact (to nearest, ties to even), so the reference rounds the operands and sums in f64.
What remains is the rounding of f32 sums, 4 units of the sum of magnitudes. The error against
unrounded operands must be below 2 * 2^-9 of the sum of magnitudes, the cost of two roundings to 8
bits.

    bf16.py FOLDER [--cpu NAME]
"""

import argparse
import sys

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

import dlc


def rounded(x):
    return x.astype(ml_dtypes.bfloat16).astype(np.float64)


def convolve(x, w, stride, pad):
    """NCHW, FCHW in f64."""
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    k = w.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), (2, 3))
    return np.einsum("nchwij,fcij->nfhw", windows[:, :, ::stride, ::stride], w)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--cpu", default="native")
    arguments = parser.parse_args()
    random = np.random.default_rng(5)
    worst = worst_unrounded = 0.0
    for number in range(24):
        if number % 2:
            m, n = (int(v) for v in random.integers(1, 70, 2))
            k = 2 * int(random.integers(1, 90))
            n += 8
            x, w = random.standard_normal((m, k)), random.standard_normal((k, n))
            node = helper.make_node("MatMul", ["x", "w"], ["y"])

            def product(a, b):
                return a @ b
        else:
            size, filters = int(random.integers(5, 20)), int(random.integers(8, 50))
            channels, kernel = 2 * int(random.integers(1, 20)), int(random.choice([1, 3, 5]))
            stride, pad = int(random.integers(1, 3)), int(random.integers(0, 2))
            x = random.standard_normal((int(random.integers(1, 3)), channels, size, size))
            w = random.standard_normal((filters, channels, kernel, kernel))
            node = helper.make_node("Conv", ["x", "w"], ["y"], strides=[stride] * 2,
                                    pads=[pad] * 4)

            def product(a, b, stride=stride, pad=pad):
                return convolve(a, b, stride, pad)
        x, w = x.astype(np.float32), w.astype(np.float32)
        wanted = product(rounded(x), rounded(w))
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            [node, helper.make_node("Relu", ["y"], ["z"])], "case",
            [info("x", TensorProto.FLOAT, x.shape)],
            [info("z", TensorProto.FLOAT, wanted.shape)], [numpy_helper.from_array(w, "w")])
        path = f"{arguments.folder}/{number}.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)],
                               ir_version=9), path)
        library = dlc.compile(path, output=path.replace(".onnx", ".so"), precision="bf16",
                              cpu=arguments.cpu)
        got = dlc.load(library, threads=1).main(x)
        if dlc.load(library, threads=2).main(x).tobytes() != got.tobytes():
            sys.exit("another number of threads gives other bits")
        magnitude = product(np.abs(x.astype(np.float64)), np.abs(w.astype(np.float64)))
        error = np.abs(got - np.maximum(wanted, 0)) / magnitude
        unrounded = np.abs(got - np.maximum(product(x.astype(np.float64),
                                                    w.astype(np.float64)), 0)) / magnitude
        worst, worst_unrounded = max(worst, error.max()), max(worst_unrounded, unrounded.max())
    print(f"error over the sum of magnitudes: {worst:.1e} of rounded operands, "
          f"{worst_unrounded:.1e} of the model's")
    if worst > 4 * 2.0**-23 or worst_unrounded > 2.0**-8:
        sys.exit("too large")
    print("ok")


if __name__ == "__main__":
    main()
