# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Case files to ONNX models.

A case file is TOML:

    name = "conv 3x3 ${size}x${size}x${c} to ${f}"   # optional, from the file's name
    inputs = ["$batch $c $size $size"]               # shapes, ONNX's order
    layers = "conv $f 3 pad=1; relu"                 # ops in order, ';' or a line each
    batch = [1, 32]                                  # optional, default [1]
    threads = [1, 2]                                 # optional, default [1]
    precision = ["f32", "bf16"]                      # optional, default ["f32"]
    train = "cross_entropy"                          # optional: a step of training with
                                                     # Adam on this loss (or mse)
    columns = ["c", "size", "f"]                     # optional: one model a row
    rows = [[64, 56, 64], [128, 28, 128]]
    [blocks]                                         # optional: lines with $1, $2, ...
    residual = "a = conv $1 3 pad=1; relu; conv $1 3 pad=1; add @a"

Or `models = ["name", ...]`: the light models of ONNX's own tests.

An op takes the last value, or the named ones (@name; the inputs are @x0, @x1, ...), then
numbers, then key=value. `name = op ...` names a result, `name =` the last value. Weights
are random, of the scale that keeps activations alive, the same at every run.
"""

import itertools
import string
import tomllib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Builder:
    def __init__(self, inputs):
        self.random = np.random.default_rng(7)
        self.nodes, self.weights, self.shapes = [], [], {}
        self.names = {f"x{i}": f"x{i}" for i in range(len(inputs))}
        for i, shape in enumerate(inputs):
            self.shapes[f"x{i}"] = list(shape)
        self.inputs = list(self.shapes)
        self.last = "x0"

    def weight(self, *shape, scale=None, offset=0.0):
        if scale is None:
            scale = (2 / max(np.prod(shape[1:]), 1)) ** 0.5
        return self.constant((self.random.standard_normal(shape) * scale
                              + offset).astype(np.float32))

    def constant(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, shape, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        self.shapes[name] = list(shape)
        return name

    # Each method is an op of the case files: values, numbers, then keywords.

    def conv(self, x, filters, kernel, stride=1, pad=0, group=1):
        shape = self.shapes[x]
        rank = len(shape) - 2
        channels = shape[1] // group
        extents = [(e + 2 * pad - kernel) // stride + 1 for e in shape[2:]]
        return self.node("Conv", [x, self.weight(filters, channels, *[kernel] * rank),
                                           self.weight(filters, scale=0.1)],
                         [shape[0], filters, *extents], kernel_shape=[kernel] * rank,
                         strides=[stride] * rank, pads=[pad] * 2 * rank, group=group)

    def dwconv(self, x, kernel, stride=1, pad=0):
        return self.conv(x, self.shapes[x][1], kernel, stride, pad, self.shapes[x][1])

    def bn(self, x):
        c = self.shapes[x][1]
        scale, variance = (self.constant(self.random.uniform(0.5, 1.5, c).astype(np.float32))
                           for _ in range(2))
        return self.node("BatchNormalization",
                         [x, scale, self.weight(c, scale=0.1),
                          self.weight(c, scale=0.1), variance], self.shapes[x])

    def pool(self, op, x, kernel, stride, pad, **more):
        rank = len(self.shapes[x]) - 2
        extents = [(e + 2 * pad - kernel) // stride + 1 for e in self.shapes[x][2:]]
        return self.node(op, [x], self.shapes[x][:2] + extents,
                         kernel_shape=[kernel] * rank, strides=[stride] * rank,
                         pads=[pad] * 2 * rank, **more)

    def maxpool(self, x, kernel, stride=1, pad=0):
        return self.pool("MaxPool", x, kernel, stride, pad)

    def avgpool(self, x, kernel, stride=1, pad=0):
        return self.pool("AveragePool", x, kernel, stride, pad)

    def gap(self, x):
        shape = self.shapes[x]
        return self.node("GlobalAveragePool", [x], shape[:2] + [1] * len(shape[2:]))

    def upsample(self, x, factor):
        shape = self.shapes[x]
        scales = np.array([1, 1] + [factor] * (len(shape) - 2), np.float32)
        return self.node("Resize", [x, "", self.constant(scales)],
                         shape[:2] + [e * factor for e in shape[2:]], mode="nearest",
                         coordinate_transformation_mode="asymmetric",
                         nearest_mode="floor")

    def lrn(self, x, size):
        return self.node("LRN", [x], self.shapes[x], size=size)

    def same(self, op, x, **attributes):
        return self.node(op, [x], self.shapes[x], **attributes)

    def relu(self, x):
        return self.same("Relu", x)

    def relu6(self, x):
        bounds = [self.constant(np.float32(v)) for v in (0, 6)]
        return self.node("Clip", [x, *bounds], self.shapes[x])

    def sigmoid(self, x):
        return self.same("Sigmoid", x)

    def tanh(self, x):
        return self.same("Tanh", x)

    def gelu(self, x):
        return self.same("Gelu", x)

    def softmax(self, x):
        return self.same("Softmax", x, axis=-1)

    def layernorm(self, x):
        n = self.shapes[x][-1]
        return self.node("LayerNormalization", [x, self.weight(n, scale=0.1, offset=1.0),
                                                self.weight(n, scale=0.1)],
                         self.shapes[x], axis=-1)

    def flatten(self, x):
        shape = self.shapes[x]
        return self.node("Flatten", [x], [shape[0], int(np.prod(shape[1:]))])

    def transpose(self, x, *order):
        return self.node("Transpose", [x], [self.shapes[x][d] for d in order],
                         perm=list(order))

    def reshape(self, x, *shape):
        target = self.constant(np.array(shape, np.int64))
        total, known = int(np.prod(self.shapes[x])), int(np.prod([e for e in shape if e > 0]))
        return self.node("Reshape", [x, target],
                         [total // known if e == -1 else e for e in shape])

    def dense(self, x, units):
        """A product over the last dimension; Gemm if x is a matrix."""
        shape = self.shapes[x]
        if len(shape) == 2:
            return self.node("Gemm", [x, self.weight(units, shape[-1]),
                                      self.weight(units, scale=0.1)],
                             [shape[0], units], transB=1)
        w = self.weight(units, shape[-1])
        w = self.node("Transpose", [w], [shape[-1], units], perm=[1, 0])
        y = self.node("MatMul", [x, w], shape[:-1] + [units])
        return self.node("Add", [y, self.weight(units, scale=0.1)], self.shapes[y])

    def matmul(self, a, b):
        left, right = self.shapes[a], self.shapes[b]
        shape = left[:-1] + right[-1:]
        return self.node("MatMul", [a, b], shape)

    def scale(self, x, factor):
        return self.node("Mul", [x, self.constant(np.float32(factor))], self.shapes[x])

    def add(self, *values):
        y = values[0]
        for other in values[1:]:
            y = self.node("Add", [y, other], self.shapes[y])
        return y

    def concat(self, *values):
        channels = sum(self.shapes[v][1] for v in values)
        shape = self.shapes[values[0]]
        return self.node("Concat", list(values), [shape[0], channels, *shape[2:]], axis=1)

    def attention(self, x, heads):
        """Self-attention of x[batch, steps, width], in the ops that exporters write."""
        batch, steps, width = self.shapes[x]
        size = width // heads

        def split(order):
            y = self.reshape(self.dense(x, width), batch, steps, heads, size)
            return self.transpose(y, *order)

        q, k, v = split((0, 2, 1, 3)), split((0, 2, 3, 1)), split((0, 2, 1, 3))
        weights = self.softmax(self.scale(self.matmul(q, k), size ** -0.5))
        y = self.transpose(self.matmul(weights, v), 0, 2, 1, 3)
        return self.dense(self.reshape(y, batch, steps, width), width)

    def recurrent(self, op, gates, x, hidden, both=0, last=0):
        """Over x[steps, batch, inputs]; `both` directions, `last` step only."""
        steps, batch, inputs = self.shapes[x]
        count = 2 if both else 1
        y = self.node(op, [x, self.weight(count, gates * hidden, inputs, scale=inputs ** -0.5),
                           self.weight(count, gates * hidden, hidden, scale=hidden ** -0.5),
                           self.weight(count, 2 * gates * hidden, scale=0.1)],
                      [steps, count, batch, hidden], hidden_size=hidden,
                      direction="bidirectional" if both else "forward")
        if both:
            y = self.transpose(y, 0, 2, 1, 3)
        y = self.reshape(y, steps, batch, count * hidden)
        if last:
            place = self.constant(np.array(steps - 1, np.int64))
            y = self.node("Gather", [y, place], [batch, count * hidden], axis=0)
        return y

    def rnn(self, x, hidden, **keys):
        return self.recurrent("RNN", 1, x, hidden, **keys)

    def lstm(self, x, hidden, **keys):
        return self.recurrent("LSTM", 4, x, hidden, **keys)

    def gru(self, x, hidden, **keys):
        return self.recurrent("GRU", 3, x, hidden, **keys)

    def run(self, text, blocks):
        for line in itertools.chain(*(l.split(";") for l in text.splitlines())):
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, separator, rest = line.partition(" =")
            if not separator or " " in name:
                name, rest = None, line
            words = rest.split()
            if words:
                op, words = words[0], words[1:]
                values = [self.names[w[1:]] for w in words if w[0] == "@"]
                plain = [w for w in words if w[0] != "@"]
                if op in blocks:
                    if values:
                        self.last = values[0]
                    numbered = {f"p{i + 1}": w for i, w in enumerate(plain)}
                    body = string.Template(
                        blocks[op].replace("$", "$p")).substitute(numbered)
                    outer = dict(self.names)
                    self.names["in"] = self.last
                    self.run(body, blocks)
                    self.names = outer
                else:
                    # By itself, or combined with the last value.
                    if not values or (op in ("add", "concat") and len(values) == 1):
                        values = [self.last] + values
                    keys = dict(w.split("=") for w in plain if "=" in w)
                    numbers = [float(w) if "." in w else int(w)
                               for w in plain if "=" not in w]
                    self.last = getattr(self, op)(
                        *values, *numbers, **{k: int(v) for k, v in keys.items()})
            if name:
                self.names[name] = self.last

    def model(self):
        def info(name):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT,
                                                 self.shapes[name])
        # The last value must not be an alias of an input: an op computes it.
        graph = helper.make_graph(self.nodes, "case", [info(i) for i in self.inputs],
                                  [info(self.last)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)],
                                  ir_version=9)
        onnx.checker.check_model(model)
        return model


def count_flops(model):
    """Two per multiply-add of convolutions and products; everything else is small."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {w.name: list(w.dims) for w in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    total = 0
    for node in graph.node:
        out = int(np.prod(shapes.get(node.output[0], [0])))
        if node.op_type == "Conv":
            total += 2 * out * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type in ("MatMul", "Gemm"):
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            total += 2 * out * shapes[node.input[0]][0 if transposed else -1]
        elif node.op_type in ("RNN", "LSTM", "GRU"):
            steps, batch, _ = shapes[node.input[0]]
            total += 2 * steps * batch * int(np.prod(shapes[node.input[1]]))
    return total


def list_recurrences(model):
    """Steps, flops and bytes of recurrent weights per step, for each layer and direction."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {w.name: list(w.dims) for w in graph.initializer}
    for value in [*graph.input, *graph.value_info]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    found = []
    for node in graph.node:
        if node.op_type in ("RNN", "LSTM", "GRU"):
            steps, batch, _ = shapes[node.input[0]]
            count, rows, columns = shapes[node.input[2]]
            found += [(steps, 2 * batch * rows * columns, 4 * rows * columns)] * count
    return found


class Case:
    """One model at one batch size. `threads` are the thread counts to time, `precision` that of the
    operands of products."""

    def __init__(self, name, group, threads, make, precision="f32", loss=None):
        self.name, self.group, self.threads, self._make = name, group, threads, make
        self.precision, self.loss = precision, loss

    def build(self):
        model = self._make()
        graph = model.graph
        constants = {w.name for w in graph.initializer}
        shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim]
                  for v in graph.input if v.name not in constants]
        random = np.random.default_rng(3)
        self.arrays = [random.standard_normal(s).astype(np.float32) for s in shapes]
        self.flops = count_flops(model)
        self.recurrences = list_recurrences(model)
        self.weight_bytes = sum(len(numpy_helper.to_array(w).tobytes())
                                for w in graph.initializer)
        outputs = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in graph.output]
        self.data_bytes = 4 * int(sum(np.prod(s) for s in shapes + outputs))
        if self.loss:
            # A forward product has two backward ones, for the operand and for the weights. Adam
            # reads weight, gradient and two moments and writes three of them.
            self.flops *= 3
            self.recurrences = [(2 * steps, *rest) for steps, *rest in self.recurrences]
            self.weight_bytes *= 7
            result = outputs[0]
            self.arrays.append(
                random.integers(0, result[-1], result[:-1]) if self.loss == "cross_entropy"
                else random.uniform(size=result).astype(np.float32))
        return model


def read_light(text, stem):
    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    for name in text["models"]:
        path = folder / f"light_{name}.onnx"
        yield Case(f"light {name}", stem, text.get("threads", [1]),
                   lambda path=path: onnx.load(path))


def read(path):
    """The cases of one file."""
    with open(path, "rb") as file:
        text = tomllib.load(file)
    stem = Path(path).stem
    if "models" in text:
        yield from read_light(text, stem)
        return
    columns = text.get("columns", [])
    batches = text.get("batch", [1])
    for row in text.get("rows", [[]]):
        for batch in batches:
            known = dict(zip(columns, row), batch=batch)

            def fill(template, known=known):
                return string.Template(template).safe_substitute(known)

            def make(fill=fill):
                builder = Builder([[int(e) for e in fill(s).split()]
                                   for s in text["inputs"]])
                builder.run(fill(text["layers"]), text.get("blocks", {}))
                return builder.model()

            name = fill(text.get("name", stem))
            if len(batches) > 1:
                name += f" b{batch}"
            for precision in text.get("precision", ["f32"]):
                suffix = "" if precision == "f32" else f" {precision}"
                yield Case(name + suffix, stem, text.get("threads", [1]), make, precision,
                           text.get("train"))


def matching(pattern):
    """Of each file the cases that a pattern finds, by the file's name or their own."""
    for path in sorted((Path(__file__).parent / "cases").glob("*.toml")):
        yield [case for case in read(path)
               if pattern.search(path.stem) or pattern.search(case.name)]
