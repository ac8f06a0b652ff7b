# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX operators that are composed of others, with random configurations.

    onnx_operators.py FOLDER [OPERATOR...]

Each case is compiled once with a free batch and run for two batch sizes. The reference is that of
the package `onnx`, or a definition below if it has none. Errors are relative to the largest
element.
"""

import itertools
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import dlc

RANDOM = np.random.default_rng(29)


def chance(p=0.5):
    return RANDOM.random() < p


def whole(low, high):
    return int(RANDOM.integers(low, high + 1))


def choose(*values):
    return values[whole(0, len(values) - 1)]


def floats(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


class Case:
    """One node, after those that compute its operands. free: shapes of its inputs, "N" for the
    batch; fixed: operands known at compile time; reference: a function of arrays by name, or None
    for that of onnx."""

    def __init__(self, kind, operands, free, fixed=None, outputs=1, opset=20,
                 tolerance=1e-5, reference=None, batches=None,
                 before=(), **attributes):
        self.batches = batches or (2, whole(1, 5))
        self.free, self.fixed = free, fixed or {}
        self.tolerance, self.reference = tolerance, reference
        names = [f"y{i}" for i in range(outputs)]
        node = helper.make_node(kind, operands, names, **attributes)
        self.nodes, self.opset = [*before, node], opset

    def model(self, typed):
        element = {name: helper.np_dtype_to_tensor_dtype(make(1).dtype)
                   for name, (_, make) in self.free.items()}
        graph = helper.make_graph(
            self.nodes, "g",
            [helper.make_tensor_value_info(name, element[name], shape)
             for name, (shape, _) in self.free.items()],
            [helper.make_tensor_value_info(o, typed, None) if typed else
             onnx.ValueInfoProto(name=o) for o in self.nodes[-1].output],
            [numpy_helper.from_array(np.asarray(v), k)
             for k, v in self.fixed.items()])
        return helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", self.opset)])


def take(*shape, make=floats):
    """An input: its shape with "N" in front, and its values for a batch of n."""
    return ["N", *shape], lambda n: make(n, *shape)


def constant(array):
    """An input without a batch."""
    return list(array.shape), lambda n: array


def grid_sample():
    rank, opset = choose(1, 2, 2, 3), choose(16, 20, 22)
    if opset == 16:
        rank = 2
    mode = choose("linear", "nearest", "cubic" if rank < 3 else "linear")
    size = [whole(2, 5) for _ in range(rank)]
    places = [whole(1, 4) for _ in range(rank)]
    attributes = {"align_corners": whole(0, 1),
                  "padding_mode": choose("zeros", "border", "reflection")}

    def grid(n, *shape):
        return RANDOM.uniform(-1.6, 1.6, (n, *shape)).astype(np.float32)

    def case(opset, mode, reference=None):
        return Case("GridSample", ["x", "grid"],
                    {"x": take(channels, *size), "grid": take(*places, rank, make=grid)},
                    opset=opset, mode=mode, tolerance=1e-4, reference=reference,
                    **attributes)

    channels = whole(1, 3)
    if opset > 16:
        return case(opset, mode)
    # Older names of the modes, which the reference does not know.
    newer = ReferenceEvaluator(case(20, mode).model(1))
    return case(16, {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode),
                lambda feeds: newer.run(None, feeds))


def affine_grid():
    rank = choose(2, 3)
    size = [whole(2, 6) for _ in range(rank)]

    # Its size contains the batch too.
    return Case("AffineGrid", ["theta", "size"], {"theta": take(rank, rank + 1)},
                {"size": np.array([2, 1, *size])}, batches=(2, 2),
                align_corners=whole(0, 1))


def sample(x, place):
    """x at a position between its elements, with zeros around it."""
    lower = np.floor(place).astype(int)
    total = 0.0
    for corner in itertools.product((0, 1), repeat=x.ndim):
        at = lower + corner
        weight = np.prod(1 - np.abs(place - at))
        if all(0 <= i < e for i, e in zip(at, x.shape)):
            total += weight * x[tuple(at)]
    return total


def deform_conv():
    rank, group, moved = choose(1, 2, 2, 3), choose(1, 2), choose(1, 2)
    channels = 2 * whole(1, 2)
    filters = group * whole(1, 2)
    kernel = [whole(1, 3 if rank < 3 else 2) for _ in range(rank)]
    strides, dilations = ([whole(1, 2) for _ in range(rank)] for _ in range(2))
    pads = [whole(0, 1) for _ in range(2 * rank)]
    size = [(k - 1) * d + whole(1, 3) for k, d in zip(kernel, dilations)]
    out = [(s + pads[i] + pads[rank + i] - (kernel[i] - 1) * dilations[i] - 1)
           // strides[i] + 1 for i, s in enumerate(size)]
    taps = int(np.prod(kernel))
    free = {"x": take(channels, *size),
            "offset": take(moved * taps * rank, *out)}
    fixed = {"w": floats(filters, channels // group, *kernel)}
    operands = ["x", "w", "offset", "", ""]
    if chance():
        fixed["b"], operands[3] = floats(filters), "b"
    if chance():
        free["mask"], operands[4] = take(moved * taps, *out), "mask"

    def reference(feeds):
        x, w = feeds["x"].astype(float), fixed["w"].astype(float)
        n = len(x)
        offset = feeds["offset"].reshape(n, moved, taps, rank, *out)
        mask = (feeds["mask"].reshape(n, moved, taps, *out) if "mask" in feeds
                else np.ones((n, moved, taps, *out)))
        y = np.zeros((n, filters, *out))
        for i, c, at in itertools.product(range(n), range(channels),
                                          np.ndindex(*out)):
            part = c // (channels // moved)
            for t, tap in enumerate(np.ndindex(*kernel)):
                place = (np.multiply(at, strides) - pads[:rank] +
                         np.multiply(tap, dilations) +
                         offset[(i, part, t, slice(None), *at)])
                value = sample(x[i, c], place) * mask[(i, part, t, *at)]
                own = range(filters // group * (c // (channels // group)),
                            filters // group * (c // (channels // group) + 1))
                for f in own:
                    y[(i, f, *at)] += value * w[(f, c % (channels // group), *tap)]
        bias = fixed.get("b", np.zeros(filters))
        return [y + bias.reshape(-1, *[1] * rank)]

    return Case("DeformConv", operands, free, fixed, opset=choose(19, 22),
                reference=reference, tolerance=1e-4, group=group,
                offset_group=moved, strides=strides, dilations=dilations, pads=pads)


def col2im():
    rank = choose(1, 2, 2, 3)
    block, strides, dilations = ([whole(1, 3) for _ in range(rank)] for _ in range(3))
    pads = [whole(0, 2) for _ in range(2 * rank)]
    image = [(k - 1) * d + whole(1, 5) for k, d in zip(block, dilations)]
    count = [(s + pads[i] + pads[rank + i] - (block[i] - 1) * dilations[i] - 1)
             // strides[i] + 1 for i, s in enumerate(image)]
    return Case("Col2Im", ["x", "image", "block"],
                {"x": take(whole(1, 3) * int(np.prod(block)), int(np.prod(count)))},
                {"image": image, "block": block}, strides=strides,
                dilations=dilations, pads=pads)


def center_crop_pad():
    shape = [whole(1, 7) for _ in range(whole(1, 3))]
    axes = [d for d in range(1, len(shape) + 1) if chance(0.7)] or [1]
    make = choose(floats, lambda *s: RANDOM.integers(-99, 99, s))
    return Case("CenterCropPad", ["x", "shape"], {"x": take(*shape, make=make)},
                {"shape": [whole(1, 9) for _ in axes]},
                axes=[d - choose(0, len(shape) + 1) for d in axes])


def tensor_scatter():
    shape = [whole(1, 4) for _ in range(whole(1, 3))]
    axis = whole(1, len(shape))
    length = shape[axis - 1] = whole(2, 9)
    update = list(shape)
    update[axis - 1] = whole(1, length)
    mode = choose("linear", "circular")
    last = 3 * length if mode == "circular" else length - update[axis - 1]
    free = {"x": take(*shape), "u": take(*update)}
    if chance(0.8):
        free["w"] = ["N"], lambda n: RANDOM.integers(0, last + 1, n)
    return Case("TensorScatter", list(free), free, opset=24, mode=mode,
                axis=axis - choose(0, len(shape) + 1))


def swiglu():
    shape = [whole(1, 9), whole(1, 9)]
    return Case("SwiGLU", ["a", "b"], {"a": take(*shape), "b": take(*shape)},
                opset=28, alpha=choose(1.0, 1.7))


def dft():
    opset, rank = choose(17, 20), choose(1, 2)
    length = choose(whole(1, 40), 64, 257, 300, 512, 600, 1021)
    shape = [3] * rank
    axis = whole(1, rank)
    shape[axis - 1] = length
    inverse, onesided = whole(0, 1), whole(0, 1)
    if inverse and onesided and length == 1:
        onesided = 0
    parts = 2 if inverse and not onesided else choose(1, 2)
    if onesided:
        parts = 2 if inverse else 1
    operands, fixed, attributes = ["x", ""], {}, {}
    if chance(0.4):
        wanted = max(1, length + whole(-3, 3))
        operands[1], fixed["length"] = "length", np.array(wanted)
    signed = axis - choose(0, rank + 2)
    if opset == 17:
        attributes["axis"] = signed
    else:
        operands.append("axis")
        fixed["axis"] = np.array(signed)
    return Case("DFT", operands, {"x": take(*shape, parts)}, fixed, opset=opset,
                inverse=inverse, onesided=onesided, **attributes)


def stft():
    length, frame, step = whole(20, 60), whole(2, 20), whole(1, 9)
    operands, fixed = ["x", "step", "", ""], {"step": np.array(step)}
    has = choose("window", "length", "both")
    if has != "length":
        operands[2], fixed["window"] = "window", floats(frame)
    if has != "window":
        operands[3], fixed["frame"] = "frame", np.array(frame)
    parts = choose(1, 2)
    return Case("STFT", operands, {"x": take(length, parts)}, fixed, opset=17,
                onesided=whole(0, 1) if parts == 1 else 0)


def unique():
    rank = whole(1, 3)
    shape = [whole(1, 4) for _ in range(rank - 1)]
    kind = choose(np.float32, np.int64, np.int8)
    axis = choose(None, *range(rank))
    isSorted = whole(0, 1)

    def values(n, *rest):
        x = RANDOM.integers(-2, 3, (n, *rest)).astype(kind)
        if kind == np.float32 and axis is None:
            x[RANDOM.random(x.shape) < 0.1] = np.nan
        return x

    def reference(feeds):
        x = feeds["x"]
        y, indices, inverse, counts = np.unique(x, True, True, True, axis=axis)
        inverse = inverse.reshape(-1)
        if not isSorted:
            order = np.argsort(indices)
            place = np.empty_like(order)
            place[order] = np.arange(len(order))
            y = np.take(y, order, axis or 0)
            indices, counts, inverse = indices[order], counts[order], place[inverse]
        return [y, indices, inverse, counts]

    attributes = {} if axis is None else {"axis": axis - choose(0, rank)}
    return Case("Unique", ["x"], {"x": take(*shape, make=values)}, outputs=4,
                opset=choose(11, 22), reference=reference, sorted=isSorted,
                tolerance=0, **attributes)


def pool():
    """Windows over more dimensions than the pools of dl have."""
    rank = choose(1, 2, 4, 5)
    kernel = [choose(1, 1, 2, 3) for _ in range(rank)]
    strides = [whole(1, 2) for _ in range(rank)]
    pads = [whole(0, k // 2) for k in kernel] * 2
    size = [k + whole(0, 2) for k in kernel]
    kind = choose("MaxPool", "AveragePool", "LpPool")
    attributes = {}
    if kind == "AveragePool":
        attributes["count_include_pad"] = whole(0, 1)

    def reference(feeds):
        x = feeds["x"].astype(float)
        fill = {"MaxPool": -np.inf}.get(kind, 0.0)
        edges = [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:])]
        padded = np.pad(x, edges, constant_values=fill)
        inside = np.pad(np.ones_like(x), edges,
                        constant_values=attributes.get("count_include_pad", 0))
        out = [(e - k) // s + 1
               for e, k, s in zip(padded.shape[2:], kernel, strides)]
        y = np.empty((*x.shape[:2], *out))
        axes = tuple(range(2, rank + 2))
        for at in np.ndindex(*out):
            cut = (slice(None), slice(None), *[
                slice(i * s, i * s + k) for i, s, k in zip(at, strides, kernel)])
            w = padded[cut]
            y[(slice(None), slice(None), *at)] = (
                w.max(axes) if kind == "MaxPool" else
                w.sum(axes) / inside[cut].sum(axes) if kind == "AveragePool" else
                np.sqrt((w * w).sum(axes)))
        return [y]

    return Case(kind, ["x"], {"x": take(whole(1, 3), *size)}, opset=22,
                reference=reference, kernel_shape=kernel, strides=strides, pads=pads,
                **attributes)


def integer_conv():
    rank, group = choose(1, 2, 2, 3), choose(1, 2)
    channels, filters = group * whole(1, 40), group * whole(1, 3)
    kernel = [whole(1, 3) for _ in range(rank)]
    quantised = chance()
    kind = choose(np.uint8, np.int8)

    def numbers(*shape, dtype=kind):
        limits = np.iinfo(dtype)
        return RANDOM.integers(limits.min, limits.max + 1, shape).astype(dtype)

    fixed = {"w": numbers(filters, channels // group, *kernel, dtype=np.int8),
             "xz": numbers()}
    free = {"x": take(channels, *[k + whole(0, 3) for k in kernel], make=numbers)}
    attributes = {"group": group, "pads": [whole(0, 1)] * 2 * rank}
    if not quantised:
        operands = ["x", "w", "xz"]
        if chance():
            operands.append("wz")
            fixed["wz"] = np.int8(3)
        return Case("ConvInteger", operands, free, fixed, opset=10, tolerance=0,
                    **attributes)
    fixed.update(xs=np.float32(0.02), ws=np.float32(0.01), wz=np.int8(-2),
                 ys=np.float32(0.05 * (channels // group * np.prod(kernel)) ** 0.5),
                 yz=numbers())
    operands = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]
    if chance():
        operands.append("b")
        fixed["b"] = RANDOM.integers(-9999, 9999, filters).astype(np.int32)
    if rank == 2 and chance():  # the reference supports no other rank
        fixed["ws"] = RANDOM.uniform(0.005, 0.02, filters).astype(np.float32)
        fixed["wz"] = numbers(filters, dtype=np.int8)
    # A tie may round the other way: one step of 255.
    return Case("QLinearConv", operands, free, fixed, opset=10, tolerance=1 / 60,
                **attributes)


def dynamic_quantize():
    """Also of zeros only, which have no range: the scale is 1, as in ONNX Runtime."""
    low, high = choose((0, 0), (0, 0), (-1, 0), (0, 1), (-1, 1), (1, 2), (-2, -1))

    def reference(feeds):
        most = np.maximum(feeds["x"].max(), np.float32(0))
        least = np.minimum(feeds["x"].min(), np.float32(0))
        scale = (most - least) / np.float32(255) if most != least else np.float32(1)
        point = np.rint(np.clip(-least / scale, 0, 255))
        y = np.clip(np.rint(feeds["x"] / scale) + point, 0, 255)
        return [y.astype(np.uint8), scale, point.astype(np.uint8)]

    return Case("DynamicQuantizeLinear", ["x"],
                {"x": take(whole(1, 9), make=lambda *shape: RANDOM.uniform(
                    low, high, shape).astype(np.float32))},
                outputs=3, opset=choose(11, 18), reference=reference, tolerance=1e-6)


def causal_conv():
    channels, k, length = whole(1, 5), whole(1, 4), whole(1, 6)
    free = {"x": take(channels, length), "w": constant(floats(channels, 1, k))}
    operands = ["x", "w", "", ""]
    if chance():
        free["b"], operands[2] = constant(floats(channels)), "b"
    if k > 1 and chance():
        free["s"], operands[3] = take(channels, k - 1), "s"
    return Case("CausalConvWithState", operands, free, opset=27,
                outputs=2 if k > 1 else 1, activation=choose("none", "silu"))


def linear_attention():
    heads, group, size, width = whole(1, 3), whole(1, 2), whole(1, 4), whole(1, 4)
    rule = choose("linear", "gated", "delta", "gated_delta")
    steps = whole(1, 6)

    def some(scale):
        return lambda *shape: (scale * np.abs(floats(*shape))).astype(np.float32)

    free = {"q": take(steps, heads * group * size), "k": take(steps, heads * size,
                                                              make=some(0.5)),
            "v": take(steps, heads * width)}
    operands = ["q", "k", "v", "", "", ""]
    if chance():
        free["s"], operands[3] = take(heads, size, width), "s"
    if rule.startswith("gated"):
        free["decay"] = take(steps, choose(heads, heads * size), make=some(-0.5))
        operands[4] = "decay"
    if rule.endswith("delta"):
        free["beta"] = take(steps, choose(heads, 1), make=some(0.5))
        operands[5] = "beta"
    return Case("LinearAttention", operands, free, opset=27, outputs=2,
                q_num_heads=heads * group, kv_num_heads=heads, update_rule=rule)


def det():
    size = whole(1, 6)

    def values(*shape):
        x = floats(*shape)
        x[..., 0, 0] = 0  # needs pivoting
        return x

    return Case("Det", ["x"], {"x": take(size, size, make=values)},
                opset=choose(11, 22), tolerance=1e-4)


def sequence():
    """Split, changed by position and by a graph, and concatenated again."""
    parts = [whole(1, 4) for _ in range(whole(1, 4))]
    fixed = {"parts": np.array(parts)} if chance() else {}
    count = len(parts) if fixed else sum(parts)
    extra = helper.make_node("SequenceInsert", ["s", "z", "at"], ["s2"])
    # The reference confuses the end with the beginning, so it is left out.
    fixed["at"] = np.array(whole(-count, count - 1))
    body = helper.make_graph(
        [helper.make_node("Neg", ["e"], ["f"])], "b",
        [helper.make_tensor_value_info("e", 1, None)],
        [helper.make_tensor_value_info("f", 1, None)])
    before = [helper.make_node("SplitToSequence",
                               ["x", "parts"] if "parts" in fixed else ["x"], ["s"],
                               axis=1), extra]
    last = "s2"
    if chance():
        before.append(helper.make_node("SequenceMap", [last], ["s3"], body=body))
        last = "s3"
    if chance():
        fixed["from"] = np.array(whole(-count - 1, count))
        before.append(helper.make_node("SequenceErase", [last, "from"], ["s4"]))
        last = "s4"
    if chance(0.3):
        return Case("SequenceLength", [last], {"x": take(sum(parts)), "z": take(2)},
                    fixed, before=before, tolerance=0)
    if chance(0.3):
        fixed["place"] = np.array(-1)
        return Case("SequenceAt", [last, "place"],
                    {"x": take(sum(parts)), "z": take(2)}, fixed, before=before)
    return Case("ConcatFromSequence", [last], {"x": take(sum(parts)), "z": take(2)},
                fixed, before=before, axis=choose(1, -1))


CASES = [grid_sample, affine_grid, deform_conv, col2im, center_crop_pad,
         tensor_scatter, swiglu, dft, stft, unique, pool, integer_conv, dynamic_quantize,
         causal_conv, linear_attention, det, sequence]


def check(name, number, case, folder):
    """Runs a case for two batches; the largest relative error."""
    path = f"{folder}/{name}{number}.onnx"
    onnx.save(case.model(None), path)
    library = dlc.load(dlc.compile(path))
    worst = 0.0
    for n in case.batches:
        feeds = {key: make(n) for key, (_, make) in case.free.items()}
        wanted = (case.reference(feeds) if case.reference else
                  ReferenceEvaluator(case.model(1)).run(None, feeds))
        got = library.main(*feeds.values())
        got = got if isinstance(got, tuple) else (got,)
        for a, b in zip(got, wanted, strict=True):
            a, b = np.asarray(a, float), np.asarray(b, float)
            if a.shape != b.shape:
                sys.exit(f"{path}: shape {a.shape}, expected {b.shape}")
            if not a.size or np.array_equal(a, b, equal_nan=True):
                continue
            error = float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3))
            worst = max(worst, error)
            if not error <= case.tolerance:
                sys.exit(f"{path}: error {error}, batch {n}\n{case.nodes}")
    return worst


def main():
    for draw in CASES:
        if len(sys.argv) > 2 and draw.__name__ not in sys.argv[2:]:
            continue
        worst = max(check(draw.__name__, i, draw(), sys.argv[1]) for i in range(16))
        print(f"{draw.__name__}: 16 models, largest relative error {worst:.1e}",
              flush=True)


main()
