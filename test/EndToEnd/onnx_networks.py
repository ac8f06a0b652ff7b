# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks written with onnx.helper, random weights, against ONNX Runtime.

    onnx_networks.py NAME...           compiles, runs, compares (all by default)
    onnx_networks.py --write NAME F    writes the model to a file and nothing else

The largest difference is given relative to the largest output.
"""

import argparse
import os
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A graph that grows node by node; its weights come from one generator."""

    def __init__(self, name, opset=17, seed=1):
        self.name, self.opset = name, opset
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []

    def input(self, name, shape, element=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, element, shape))
        return name

    def constant(self, array, name=None):
        name = name or f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def normal(self, *shape, scale=None):
        """Random weights that preserve the magnitude of activations."""
        fan = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        scale = scale if scale is not None else (2.0 / fan) ** 0.5
        values = self.random.standard_normal(shape, dtype=np.float32)
        values *= np.float32(scale)
        return self.constant(values)

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names,
                                           name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def output(self, name, shape=None, element=TensorProto.FLOAT):
        self.outputs.append(helper.make_tensor_value_info(name, element, shape))

    def conv(self, x, channels, filters, kernel, stride=1, pad=0, bias=True):
        operands = [x, self.normal(filters, channels, kernel, kernel)]
        if bias:
            operands.append(self.normal(filters, scale=0.1))
        return self.op("Conv", *operands, kernel_shape=[kernel] * 2,
                       strides=[stride] * 2, pads=[pad] * 4)

    def norm(self, x, channels):
        vector = lambda low, high: self.constant(
            self.random.uniform(low, high, channels).astype(np.float32))
        return self.op("BatchNormalization", x, vector(0.5, 1.5),
                       vector(-0.1, 0.1), vector(-0.1, 0.1), vector(0.5, 1.5))

    def dense(self, x, inputs, outputs):
        return self.op("Gemm", x, self.normal(outputs, inputs),
                       self.normal(outputs, scale=0.1), transB=1)

    def model(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs,
                                  self.outputs, self.weights)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", self.opset)],
            ir_version=8)


def lenet():
    n = Net("lenet")
    x = n.input("image", ["batch", 1, 28, 28])
    x = n.op("Tanh", n.conv(x, 1, 6, 5, pad=2))
    x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = n.op("Tanh", n.conv(x, 6, 16, 5))
    x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = n.op("Flatten", x)
    x = n.op("Tanh", n.dense(x, 400, 120))
    x = n.op("Tanh", n.dense(x, 120, 84))
    x = n.op("Softmax", n.dense(x, 84, 10), axis=1)
    n.output(x, ["batch", 10])
    return n.model(), [n.random.random((3, 1, 28, 28), dtype=np.float32)]


def densenet201(size=224):
    n = Net("densenet201")
    x = n.input("image", [1, 3, size, size])
    x = n.op("Relu", n.norm(n.conv(x, 3, 64, 7, 2, 3, bias=False), 64))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2],
             pads=[1, 1, 1, 1])
    channels, growth = 64, 32
    for block, layers in enumerate([6, 12, 48, 32]):
        for _ in range(layers):
            y = n.op("Relu", n.norm(x, channels))
            y = n.conv(y, channels, 4 * growth, 1, bias=False)
            y = n.op("Relu", n.norm(y, 4 * growth))
            y = n.conv(y, 4 * growth, growth, 3, 1, 1, bias=False)
            x = n.op("Concat", x, y, axis=1)
            channels += growth
        if block < 3:
            x = n.op("Relu", n.norm(x, channels))
            x = n.conv(x, channels, channels // 2, 1, bias=False)
            channels //= 2
            x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = n.op("GlobalAveragePool", n.op("Relu", n.norm(x, channels)))
    x = n.dense(n.op("Flatten", x), channels, 1000)
    n.output(x, [1, 1000])
    return n.model(), [n.random.random((1, 3, size, size), dtype=np.float32)]


def vgg19(size=224):
    n = Net("vgg19")
    x = n.input("image", [1, 3, size, size])
    channels = 3
    for filters, layers in [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)]:
        for _ in range(layers):
            x = n.op("Relu", n.conv(x, channels, filters, 3, 1, 1))
            channels = filters
        x = n.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = n.op("Flatten", x)
    x = n.op("Relu", n.dense(x, 512 * (size // 32) ** 2, 4096))
    x = n.op("Relu", n.dense(x, 4096, 4096))
    x = n.op("Softmax", n.dense(x, 4096, 1000), axis=1)
    n.output(x, [1, 1000])
    return n.model(), [n.random.random((1, 3, size, size), dtype=np.float32)]


def ssd():
    """A detection head: boxes and scores at three scales, of which the best are kept."""
    n = Net("ssd")
    x = n.input("image", [1, 3, 64, 64])
    classes, anchors = 5, 3
    boxes, scores = [], []
    channels = 3
    for filters in (16, 32, 32):
        x = n.op("Relu", n.conv(x, channels, filters, 3, 2, 1))
        channels = filters
        for kind, count, found in (("box", 4, boxes), ("score", classes, scores)):
            y = n.conv(x, channels, anchors * count, 3, 1, 1)
            y = n.op("Transpose", y, perm=[0, 2, 3, 1])
            shape = n.constant(np.array([0, -1, count], np.int64))
            found.append(n.op("Reshape", y, shape))
    box = n.op("Sigmoid", n.op("Concat", *boxes, axis=1))
    score = n.op("Softmax", n.op("Concat", *scores, axis=1), axis=2)
    per_class = n.op("Transpose", score, perm=[0, 2, 1])
    kept = n.op("NonMaxSuppression", box, per_class,
                n.constant(np.array([10], np.int64)),
                n.constant(np.array([0.5], np.float32)),
                n.constant(np.array([0.25], np.float32)))
    n.output(kept, [None, 3], TensorProto.INT64)
    places = n.op("Gather", kept, n.constant(np.array(2, np.int64)), axis=1)
    n.output(n.op("Gather", box, places, axis=1), [1, None, 4])
    return n.model(), [n.random.random((1, 3, 64, 64), dtype=np.float32)]


def transformer():
    """An encoder layer over sequences of any length."""
    n = Net("transformer")
    width, heads, hidden = 64, 4, 256
    x = n.input("tokens", ["batch", "length", width])
    shape = n.op("Shape", x)
    take = lambda i: n.op("Gather", shape, n.constant(np.array([i], np.int64)))
    split = n.op("Concat", take(0), take(1),
                 n.constant(np.array([heads, width // heads], np.int64)), axis=0)

    def project(perm):
        y = n.op("MatMul", x, n.normal(width, width))
        y = n.op("Add", y, n.normal(width, scale=0.1))
        return n.op("Transpose", n.op("Reshape", y, split), perm=perm)

    q, k, v = project([0, 2, 1, 3]), project([0, 2, 3, 1]), project([0, 2, 1, 3])
    scale = n.constant(np.float32((width // heads) ** 0.5))
    weights = n.op("Softmax", n.op("Div", n.op("MatMul", q, k), scale), axis=-1)
    y = n.op("Transpose", n.op("MatMul", weights, v), perm=[0, 2, 1, 3])
    y = n.op("Reshape", y, shape)
    y = n.op("MatMul", y, n.normal(width, width))

    def normalize(y):
        return n.op("LayerNormalization", y,
                    n.constant(n.random.uniform(0.5, 1.5, width)
                               .astype(np.float32)),
                    n.normal(width, scale=0.1))

    x = normalize(n.op("Add", x, y))
    y = n.op("Add", n.op("MatMul", x, n.normal(width, hidden)),
             n.normal(hidden, scale=0.1))
    half = n.constant(np.float32(0.5))
    gelu = n.op("Erf", n.op("Div", y, n.constant(np.float32(2 ** 0.5))))
    y = n.op("Mul", n.op("Mul", y, half),
             n.op("Add", gelu, n.constant(np.float32(1))))
    y = n.op("MatMul", y, n.normal(hidden, width))
    n.output(normalize(n.op("Add", x, y)), ["batch", "length", width])
    return n.model(), [n.random.standard_normal((2, 11, width),
                                                dtype=np.float32)]


NETWORKS = {f.__name__: f
            for f in (lenet, densenet201, vgg19, ssd, transformer)}


def compare(name, options, limit):
    import onnxruntime
    import dlc
    model, inputs = NETWORKS[name]()
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = 1
    session_options.log_severity_level = 3
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data, session_options,
                                           ["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    wanted = session.run(None, dict(zip(names, inputs)))
    with tempfile.TemporaryDirectory(prefix="dlc-networks-") as folder:
        path = os.path.join(folder, name + ".onnx")
        with open(path, "wb") as file:
            file.write(data)
        begin = time.time()
        library = dlc.load(dlc.compile(path, options=options), threads=1)
        seconds = time.time() - begin
        found = library.main(*inputs)
        found = found if isinstance(found, tuple) else (found,)
    worst = 0.0
    for f, w in zip(found, wanted):
        if f.shape != w.shape:
            print(f"{name}: shape {f.shape}, expected {w.shape}")
            return False
        if f.size:
            error = np.max(np.abs(f.astype(np.float64) - w))
            worst = max(worst, error / max(np.max(np.abs(w)), 1e-30))
    print(f"{name}: largest relative difference {worst:.1e} "
          f"(limit {limit:.0e}), compiled in {seconds:.1f} s")
    return worst <= limit


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--limit", type=float, default=1e-4)
    parser.add_argument("--option", action="append", default=[])
    options = parser.parse_args()
    if options.write:
        name, path = options.names
        onnx.save(NETWORKS[name]()[0], path)
        return 0
    names = options.names or ["lenet", "densenet201", "ssd", "transformer"]
    fine = [compare(name, options.option, options.limit) for name in names]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
