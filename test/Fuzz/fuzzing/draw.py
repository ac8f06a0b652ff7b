# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws ONNX graphs, node by node.

A `Graph` knows for every value its type, its shape (None: known only at run time), and whether its
elements are finite and small, which conversions to integers require. Each function in `operators`
adds one or a few nodes to a graph, or raises Skip if nothing there fits.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, F64, F16 = np.dtype("float32"), np.dtype("float64"), np.dtype("float16")
I8, I32, I64, BOOL = (np.dtype(t) for t in ("int8", "int32", "int64", "bool"))
U8 = np.dtype("uint8")
FLOATS = (F32, F64, F16)
INTS = (I32, I64)
SMALL_INTS = tuple(np.dtype(t) for t in
                   ("int8", "int16", "uint8", "uint16", "uint32", "uint64"))
NUMBERS = (F32, F64, I32, I64)
ANY = NUMBERS + (BOOL,)

OPERATORS = {}  # name: (function, weight, first opset)


class Skip(Exception):
    """The operator finds no operands here."""


def operator(name, weight=1.0, since=1):
    def add(function):
        OPERATORS[name] = (function, weight, since)
        return function
    return add


@dataclass(frozen=True)
class Value:
    name: str
    dtype: np.dtype
    shape: tuple
    tame: bool = True

    @property
    def rank(self):
        return len(self.shape)

    @property
    def is_static(self):
        return None not in self.shape

    @property
    def size(self):
        return int(np.prod(self.shape)) if self.is_static else None


class Graph:
    """A graph under construction. `outer`: the graph that contains this branch or body."""

    def __init__(self, rng, opset, outer=None, zeros=False, special=False,
                 main=F32):
        self.rng, self.opset, self.outer = rng, opset, outer
        self.zeros, self.special, self.main = zeros, special, main
        self.nodes, self.values, self.inputs, self.initializers = [], [], [], []
        self.data = {}  # of inputs
        self.depth = outer.depth + 1 if outer else 0
        self.counter = outer.counter if outer else [0]

    # Numbers.

    def integer(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def chance(self, p):
        return self.rng.random() < p

    def choice(self, values):
        return values[int(self.rng.integers(len(values)))]

    def some(self, values, least=0, most=None):
        """A random subset, in order."""
        most = len(values) if most is None else most
        count = self.integer(least, most)
        picked = sorted(self.rng.permutation(len(values))[:count].tolist())
        return [values[i] for i in picked]

    def extent(self):
        kind = self.rng.random()
        if self.zeros and kind < 0.15:
            return 0
        if kind < 0.15:
            return 1
        return self.integer(2, 5) if kind < 0.8 else self.choice([7, 8, 9, 16, 17, 33])

    def shape(self, low=0, high=4, most=4000):
        rank = self.integer(low, high)
        if self.chance(0.04) and high >= 4:
            rank = self.integer(max(low, 5), 6)
        shape = [self.extent() for _ in range(rank)]
        while np.prod(shape, dtype=np.int64) > most:
            i = int(np.argmax(shape))
            shape[i] = max(shape[i] // 2, 1)
        return tuple(shape)

    def dtype(self, allowed=ANY):
        if self.main in allowed and self.chance(0.75):
            return self.main
        return self.choice(allowed)

    # Values.

    def name(self):
        self.counter[0] += 1
        return f"v{self.counter[0]}"

    def array(self, dtype, shape, low=None, high=None):
        if dtype == BOOL:
            return self.rng.random(shape) < 0.5
        if dtype.kind in "iu":
            low = (0 if dtype.kind == "u" else -6) if low is None else low
            return self.rng.integers(low, (9 if high is None else high) + 1,
                                     shape).astype(dtype)
        x = self.rng.uniform(-2 if low is None else low, 2 if high is None else high,
                             shape)
        if self.chance(0.15):
            x = np.round(x)  # ties, zeros
        x = np.asarray(x).astype(dtype)
        if self.special and low is None and x.size:
            for _ in range(self.integer(1, 3)):
                x.ravel()[self.integer(0, x.size - 1)] = self.choice(
                    [np.inf, -np.inf, np.nan, -0.0, np.finfo(dtype).max])
        return x

    def root(self):
        return self.outer.root() if self.outer else self

    def input(self, dtype, shape, **limits):
        root = self.root()
        value = Value(self.name(), dtype, tuple(shape), not self.special or bool(limits))
        root.inputs.append(value)
        root.data[value.name] = np.asarray(self.array(dtype, shape, **limits))
        root.values.append(value)
        return value

    def constant(self, array, hidden=True, tame=True):
        """As an initializer or a node; sometimes through ops, so that a reader must compute to find
        out that it is constant."""
        array = np.asarray(array)
        name = self.name()
        tensor = numpy_helper.from_array(array, name)
        if self.chance(0.6):
            self.initializers.append(tensor)
        else:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        if hidden and self.chance(0.06):
            last, name = name, self.name()
            self.nodes.append(helper.make_node("Identity", [last], [name]))
        return Value(name, array.dtype, array.shape, tame)

    def ints(self, numbers):
        return self.constant(np.asarray(numbers, np.int64))

    def fresh(self, dtype, shape, **limits):
        if self.chance(0.6):
            return self.input(dtype, shape, **limits)
        return self.constant(self.array(dtype, shape, **limits),
                             tame=not self.special or bool(limits))

    def visible(self):
        return self.values + (self.outer.visible() if self.outer else [])

    def find(self, allowed, low=0, high=6, where=None):
        """An existing value, or None. Recent ones are likelier."""
        fits = [v for v in self.visible() if v.dtype in allowed and
                low <= v.rank <= high and (where is None or where(v))]
        if not fits:
            return None
        if self.chance(0.6):
            fits = fits[-3:]
        return self.choice(fits)

    def pick(self, allowed=NUMBERS, low=0, high=4, where=None, static=True):
        """An existing value, or a new one."""
        test = lambda v: (v.is_static or not static) and (where is None or where(v))
        if self.chance(0.85):
            found = self.find(allowed, low, max(high, 6) if high == 4 else high, test)
            if found:
                return found
        for _ in range(20):
            dtype, shape = self.dtype(allowed), self.shape(low, high)
            if where is None or where(Value("", dtype, shape, not self.special)):
                return self.fresh(dtype, shape)
            if where(Value("", dtype, shape)):  # without infinity and NaN
                return self.fresh(dtype, shape, low=-2, high=2)
        raise Skip

    def like(self, value, shape=None):
        """Another value of this type and shape."""
        shape = value.shape if shape is None else tuple(shape)
        found = None
        if self.chance(0.6):
            found = self.find((value.dtype,), where=lambda v: v.shape == shape)
        if found is None and None in shape:
            return value
        return found or self.fresh(value.dtype, shape)

    def partner(self, value):
        """A value that broadcasts with this one."""
        if self.chance(0.5):
            def fits(v):
                return all(a == b or 1 in (a, b) for a, b in
                           zip(reversed(v.shape), reversed(value.shape)))
            found = self.find((value.dtype,), where=fits)
            if found and self.size_after(found.shape, value.shape) < 20000:
                return found
        shape = [1 if e is None or self.chance(0.2) else e for e in value.shape]
        shape = shape[self.integer(0, len(shape)) if self.chance(0.3) else 0:]
        shape = [self.extent() if e == 1 and value.is_static and self.chance(0.1) else e
                 for e in shape]
        return self.fresh(value.dtype, shape)

    def size_after(self, a, b):
        return int(np.prod([e or 1 for e in broadcast(a, b)], dtype=np.int64))

    def emit(self, name, inputs, results, domain="", **attributes):
        """Adds a node; results: (type, shape[, tame]). Returns its value or values.

        A float computed from a value that is not tame is not tame either."""
        wild = any(i and i.dtype in FLOATS and not i.tame for i in inputs)
        outputs = [None if r is None else
                   Value(self.name(), np.dtype(r[0]), tuple(r[1]),
                         len(r) > 2 and r[2] and not (wild and np.dtype(r[0]) in FLOATS))
                   for r in results]
        self.nodes.append(helper.make_node(
            name, [i.name if i else "" for i in inputs],
            [o.name if o else "" for o in outputs], domain=domain,
            **{k: v for k, v in attributes.items() if v is not None}))
        kept = [o for o in outputs if o and (o.size is None or o.size <= 60000)]
        self.values += kept
        if len(kept) < len([o for o in outputs if o]):
            raise Skip
        return outputs[0] if len(outputs) == 1 else outputs

    # The whole graph.

    def grow(self, count, only=None):
        """Adds about `count` operators."""
        names = [n for n, (_, _, since) in OPERATORS.items()
                 if since <= self.opset and (only is None or n in only)]
        if self.depth >= 2:
            names = [n for n in names if n not in ("If", "Loop", "Scan")]
        weights = np.array([OPERATORS[n][1] for n in names])
        added = 0
        for _ in range(count * 4):
            if added >= count:
                break
            name = names[self.rng.choice(len(names), p=weights / weights.sum())]
            begun = len(self.nodes)
            try:
                OPERATORS[name][0](self)
                added += 1
            except Skip:
                added += len(self.nodes) > begun

    def as_proto(self, outputs, inputs=(), name="graph"):
        return helper.make_graph(
            self.nodes, name, list(inputs), [declare(o, False) for o in outputs],
            self.initializers)


def broadcast(a, b):
    rank = max(len(a), len(b))
    a, b = ([1] * (rank - len(s)) + list(s) for s in (a, b))
    return tuple(y if x == 1 else x if y == 1 or x is not None else y
                 for x, y in zip(a, b))


def declare(value, with_shape=True, symbols=None):
    shape = None
    if with_shape:
        shape = [(symbols or {}).get((value.name, d), e)
                 for d, e in enumerate(value.shape)]
    return helper.make_tensor_value_info(
        value.name, helper.np_dtype_to_tensor_dtype(value.dtype), shape)


def draw_symbols(graph):
    """Names for some extents of inputs: {(input, dimension): name}. Equal names mean equal extents;
    different names may also have equal extents."""
    symbols, level = {}, graph.choice([0, 0, 0.2, 0.5, 1.0])
    for value in graph.inputs:
        for d, extent in enumerate(value.shape):
            if graph.chance(level if extent != 1 else level * 0.15):
                symbols[value.name, d] = (f"n{extent}" if graph.chance(0.6) else
                                          f"{value.name}_{d}")
    return symbols


def draw(seed, nodes=None, only=None):
    """(model, {input: array}) of a seed, a sequence of integers."""
    rng = np.random.default_rng(seed)
    opset = int(rng.choice([11, 13, 13, 15, 17, 18, 18, 20, 21, 22]))
    main = [F32, F32, F32, F32, F32, F64, F16, I64][int(rng.integers(8))]
    graph = Graph(rng, opset, zeros=rng.random() < 0.12, special=rng.random() < 0.06,
                  main=main)
    graph.grow(nodes or int(rng.choice([1, 2, 3, 4, 6, 8, 12])), only)
    made = {o for n in graph.nodes for o in n.output}
    results = [v for v in graph.values if v.name in made]
    used = {i for n in graph.nodes for i in n.input}
    ends = [v for v in results if v.name not in used] or results[-1:]
    extra = [v for v in results if v not in ends and graph.chance(0.25)]
    outputs = (ends + extra)[:6]
    if not outputs:
        return draw([*seed, 1], nodes, only)
    if graph.chance(0.3):
        outputs = [outputs[i] for i in rng.permutation(len(outputs))]
    symbols = draw_symbols(graph)
    proto = graph.as_proto(outputs, [declare(i, True, symbols) for i in graph.inputs])
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", opset)],
                              ir_version=min(10, onnx.IR_VERSION))
    return model, graph.data
