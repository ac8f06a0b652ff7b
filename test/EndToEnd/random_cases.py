"""Random configurations of every op of dl, with the answers of NumPy in f64.

`OPS` maps an op to a function that draws one Case; what they have in common stands at
the top, the families below.
"""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
from scipy import special

import reference as ref

DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16,
          "bf16": ml_dtypes.bfloat16, "i32": np.int32, "i64": np.int64,
          "i1": np.bool_, "i8": np.int8, "i16": np.int16, "ui8": np.uint8,
          "ui16": np.uint16, "ui32": np.uint32, "ui64": np.uint64}
INTEGERS = ["i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64"]


@dataclass
class Case:
    """One configuration: `text` has the operands as %0, %1, ... and {T0}, {T1}
    for their types."""
    text: str
    inputs: list          # (element type, array)
    expected: object      # array or list of arrays, f64 or exact integers
    results: list         # element types of the results
    scale: object = None  # sum of magnitudes, where elements are summed
    fixed: set = field(default_factory=set)  # (input, dimension) never `?`
    setup: str = ""       # lines before the op, such as index constants


class Generator:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def integer(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def chance(self, p):
        return self.rng.random() < p

    def choice(self, values):
        return values[self.integer(0, len(values) - 1)]

    def float_type(self):
        return self.choice(["f32", "f32", "f32", "f64", "f16", "bf16"])

    def shape(self, low=1, high=4, most=40):
        rank = self.integer(low, high)
        shape = [self.integer(1, 7) for _ in range(rank)]
        if rank:
            shape[self.integer(0, rank - 1)] = self.integer(1, most)
            shape[-1] = self.integer(1, most)
        return shape

    def array(self, element, shape, low=-4.0, high=4.0):
        if element == "i1":
            return np.asarray(self.rng.random(shape) < 0.5)
        if element in INTEGERS:
            least, past = (0, 200) if element[0] == "u" else (-9, 10)
            return np.asarray(self.rng.integers(least, past, shape)).astype(
                DTYPES[element])
        return np.asarray(self.rng.uniform(low, high, shape)).astype(
            DTYPES[element])

    def broadcast_shapes(self, count=2):
        """Shapes that broadcast, and which dimensions stretch (stay static)."""
        full = self.shape(1, 4)
        shapes = []
        for _ in range(count):
            skipped = self.integer(0, len(full)) if self.chance(0.3) else 0
            shapes.append([1 if self.chance(0.2) else e for e in full[skipped:]])
        return shapes


def wide(array):
    return np.asarray(array).astype(np.float64)


EXACT = [*INTEGERS, "i1"]


# --- Element-wise ------------------------------------------------------------

def unary(name, function, low=-4.0, high=4.0, types=None, attributes=""):
    def make(g):
        t = g.choice(types) if types else g.float_type()
        x = g.array(t, g.shape(0, 4), low, high)
        operand = x if t in EXACT else wide(x)
        return Case(f"dl.{name} %0{attributes} : {{T0}}", [(t, x)],
                    function(operand), [t])
    return make


NUMBERS = ["f32", "f32", "f64", "f16", "bf16", *INTEGERS]


def binary(name, function, low=-4.0, high=4.0, types=NUMBERS, result=None):
    def make(g):
        t = g.choice(types)
        sa, sb = g.broadcast_shapes()
        a, b = g.array(t, sa, low, high), g.array(t, sb, low, high)
        exact = t in EXACT
        fixed = {(i, d) for i, s in enumerate((sa, sb))
                 for d, e in enumerate(s) if e == 1}
        value = function(a, b) if exact else function(wide(a), wide(b))
        return Case(f"dl.{name} %0, %1 : {{T0}}, {{T1}}", [(t, a), (t, b)],
                    value, [result or t], fixed=fixed)
    return make


def alpha(name, function):
    def make(g):
        t, a = g.float_type(), round(g.rng.uniform(0.05, 2), 3)
        x = g.array(t, g.shape())
        return Case(f"dl.{name} %0 alpha {a} : {{T0}}", [(t, x)],
                    function(wide(x), a), [t])
    return make


def clip(g):
    t = g.choice(NUMBERS)
    x = g.array(t, g.shape())
    low, high = sorted(g.integer(0 if t[0] == "u" else -3, 3)
                       for _ in range(2))
    parts, y = "", x if t in EXACT else wide(x)
    if g.chance(0.7):
        parts, y = parts + f" low {low}.0", np.maximum(y, low)
    if g.chance(0.7):
        parts, y = parts + f" high {high}.0", np.minimum(y, high)
    return Case(f"dl.clip %0{parts} : {{T0}}", [(t, x)], y, [t])


def select(g):
    t = g.choice(NUMBERS + ["i1"])
    sc, sa, sb = g.broadcast_shapes(3)
    c, a, b = g.array("i1", sc), g.array(t, sa), g.array(t, sb)
    fixed = {(i, d) for i, s in enumerate((sc, sa, sb))
             for d, e in enumerate(s) if e == 1}
    y = np.where(c, a, b)
    return Case("dl.select %0, %1, %2 : {T0}, {T1}, {T2}",
                [("i1", c), (t, a), (t, b)], y if t in EXACT else wide(y), [t],
                fixed=fixed)


def cast(g):
    source, target = g.choice(list(DTYPES)), g.choice(list(DTYPES))
    x = g.array(source, g.shape())
    if source[0] in "fb" and g.chance(0.3):
        x = (wide(x) * 1e4).astype(DTYPES[source])
    if target == "i1":
        y = x != 0
    elif target in INTEGERS and source[0] in "fb":
        info = np.iinfo(DTYPES[target])
        y = np.trunc(wide(x))
        inside = np.clip(y, info.min, info.max)
        y = np.where(y >= info.max, info.max,  # 2^64 - 1 is no f64
                     np.where(inside < info.max, inside, 0).astype(DTYPES[target]))
    elif target in EXACT:
        y = x.astype(DTYPES[target])
    else:
        y = wide(x)
    return Case(f"dl.cast %0 to {target} : {{T0}}", [(source, x)], y, [target])


# --- Products ----------------------------------------------------------------

def dense(g):
    t = g.float_type()
    lead = [g.integer(1, 20) for _ in range(g.integer(0, 2))]
    k, n = g.integer(1, 70), g.integer(1, 70)
    x, w = g.array(t, lead + [k]), g.array(t, [k, n])
    inputs, text, types = [(t, x), (t, w)], "dl.dense %0, %1", "{T0}, {T1}"
    y, scale = wide(x) @ wide(w), np.abs(wide(x)) @ np.abs(wide(w))
    if g.chance(0.6):
        b = g.array(t, [n])
        inputs.append((t, b))
        text, types = text + ", %2", types + ", {T2}"
        y, scale = y + wide(b), scale + np.abs(wide(b))
    return Case(f"{text} : {types}", inputs, y, [t], scale)


def matmul(g):
    t = g.float_type()
    m, k, n = g.integer(1, 40), g.integer(1, 40), g.integer(1, 70)
    batch = [g.integer(1, 4) for _ in range(g.integer(0, 3))]
    shapes = []
    for _ in range(2):
        skipped = g.integer(0, len(batch)) if g.chance(0.3) else 0
        shapes.append([1 if g.chance(0.2) else e for e in batch[skipped:]])
    sa, sb = shapes
    a, b = g.array(t, sa + [m, k]), g.array(t, sb + [k, n])
    fixed = {(i, d) for i, s in enumerate((sa, sb))
             for d, e in enumerate(s) if e == 1}
    return Case("dl.matmul %0, %1 : {T0}, {T1}", [(t, a), (t, b)],
                wide(a) @ wide(b), [t], np.abs(wide(a)) @ np.abs(wide(b)),
                fixed=fixed)


# --- Windows -----------------------------------------------------------------

def window_attributes(g, rank, spatial, kernel, pooling=False, longest=3):
    strides = [g.integer(1, longest) for _ in range(rank)]
    dilations = [g.integer(1, 2) if g.chance(0.4) else 1 for _ in range(rank)]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    parts = f" strides [{', '.join(map(str, strides))}]"
    if any(d > 1 for d in dilations):
        parts += f" dilations [{', '.join(map(str, dilations))}]"
    kind = g.choice(["valid", "same", "same_lower", "explicit", "explicit"])
    padding = kind
    if kind == "explicit":
        limit = [r - 1 if pooling else 3 for r in reach]
        low = [g.integer(0, min(m, 3)) for m in limit]
        high = [g.integer(0, min(m, 3)) for m in limit]
        padding = (low, high)
        parts += (f" padding [{', '.join(map(str, low))}] to "
                  f"[{', '.join(map(str, high))}]")
    else:
        parts += f" padding {kind}"
    fits = kind in ("same", "same_lower") or all(
        e + (padding[0][d] + padding[1][d] if kind == "explicit" else 0) >= r
        for d, (e, r) in enumerate(zip(spatial, reach)))
    return strides, dilations, padding, parts, fits


def image(g, rank):
    most = {1: 20, 2: 9, 3: 5}[rank]
    return [g.integer(1, most) for _ in range(rank)]


def conv(g, transposed=False):
    while True:
        t, rank = g.float_type(), g.integer(1, 3)
        spatial = image(g, rank)
        kernel = [g.integer(1, 4) for _ in range(rank)]
        groups = g.choice([1, 1, 1, 2, 3])
        cg, fg = g.integer(1, 5), g.integer(1, 20 if groups == 1 else 4)
        if groups > 1 and g.chance(0.5):
            cg, groups = 1, g.integer(2, 19)
        c, f = cg * groups, fg * groups
        # Transposed ones of large strides are computed in another way.
        longest = 7 if transposed and rank == 2 and g.chance(0.3) else 3
        strides, dilations, padding, parts, fits = window_attributes(
            g, rank, spatial, kernel, longest=longest)
        if not fits:
            continue
        x = g.array(t, [g.integer(1, 3), *spatial, c])
        w = g.array(t, kernel + ([fg, c] if transposed else [cg, f]))
        extra = [0] * rank
        if transposed:
            if padding not in ("same", "same_lower", "valid"):
                out = [(n - 1) * s - lo - hi + (k - 1) * d + 1
                       for n, s, k, d, lo, hi in zip(
                           spatial, strides, kernel, dilations, *padding)]
                if min(out) < 1:
                    continue
            if isinstance(padding, tuple) or padding == "valid":
                extra = [g.integer(0, s - 1) for s in strides]
                parts += f" output_padding [{', '.join(map(str, extra))}]"
        break
    name = "conv_transpose" if transposed else "conv"
    inputs, text, types = [(t, x), (t, w)], f"dl.{name} %0, %1", "{T0}, {T1}"
    b = None
    if g.chance(0.6):
        b = g.array(t, [f])
        inputs.append((t, b))
        text, types = text + ", %2", types + ", {T2}"
    if groups > 1:
        parts = f" groups {groups}" + parts

    def run(x, w, b):
        if transposed:
            return ref.conv_transpose(x, w, b, strides, dilations, padding,
                                      groups, extra)
        return ref.conv(x, w, b, strides, dilations, padding, groups)
    wb = None if b is None else wide(b)
    fixed = {(1, d) for d in range(rank + 2)}
    if transposed:
        # Unknown extents of the result's padding are not the point here.
        fixed |= {(0, d) for d in range(1, rank + 2)}
    if groups > 1:
        fixed |= {(0, rank + 1)}
    return Case(f"{text}{parts} : {types}", inputs, run(wide(x), wide(w), wb),
                [t], run(abs(wide(x)), abs(wide(w)), None if b is None else abs(wb)),
                fixed=fixed)


def pool(kind):
    def make(g):
        while True:
            t, rank = g.float_type(), g.integer(1, 3)
            spatial = image(g, rank)
            kernel = [g.integer(1, 3) for _ in range(rank)]
            strides, dilations, padding, parts, fits = window_attributes(
                g, rank, spatial, kernel, pooling=True)
            ceil_mode = g.chance(0.4)
            if not fits:
                continue
            if ceil_mode:
                parts += " ceil_mode"
            actual = kind
            if kind == "avg" and g.chance(0.4):
                parts += " count_padding"
                actual = "avg_padded"
            x = g.array(t, [g.integer(1, 3), *spatial, g.integer(1, 40)])
            with np.errstate(all="ignore"):
                try:
                    y = ref.pool(wide(x), kernel, strides, dilations, padding,
                                 ceil_mode, actual)
                except ValueError:  # a window of padding alone, by dilation
                    continue
            if not np.isfinite(y).all():
                continue
            scale = None
            if kind != "max":
                scale = ref.pool(abs(wide(x)), kernel, strides, dilations,
                                 padding, ceil_mode, actual)
            return Case(f"dl.{kind}_pool %0 window "
                        f"[{', '.join(map(str, kernel))}]{parts} : {{T0}}",
                        [(t, x)], y, [t], scale)
    return make


def global_pool(kind):
    def make(g):
        t = g.float_type()
        x = g.array(t, [g.integer(1, 3), *image(g, g.integer(1, 3)),
                        g.integer(1, 40)])
        axes = tuple(range(1, x.ndim - 1))
        function = np.max if kind == "max" else np.mean
        y = function(wide(x), axis=axes, keepdims=True)
        scale = None if kind == "max" else abs(wide(x)).mean(axis=axes,
                                                             keepdims=True)
        return Case(f"dl.global_{kind}_pool %0 : {{T0}}", [(t, x)], y, [t], scale)
    return make


# --- Normalisation -----------------------------------------------------------

def softmax(name):
    def make(g):
        t = g.float_type()
        x = g.array(t, g.shape(1, 4), -20, 20)
        axis = g.integer(-x.ndim, x.ndim - 1)
        y = getattr(ref, name)(wide(x), axis)
        scale = None if name == "softmax" else np.full(y.shape, 40.0)
        return Case(f"dl.{name} %0 axis {axis} : {{T0}}", [(t, x)], y, [t],
                    np.ones_like(y) if scale is None else scale)
    return make


def affine(g, t, shape, text, types, inputs, y):
    scale = np.abs(y)
    for name in ("scale", "offset"):
        if g.chance(0.7) and (name == "scale" or len(inputs) == 2):
            v = g.array(t, shape)
            text += f", %{len(inputs)}"
            types += f", {{T{len(inputs)}}}"
            inputs.append((t, v))
            if name == "scale":
                y, scale = y * wide(v), scale * abs(wide(v)) + 1
            else:
                y, scale = y + wide(v), scale + abs(wide(v))
    return text, types, y, scale + 4


def batch_norm(g):
    t = g.float_type()
    x = g.array(t, g.shape(2, 4))
    c = x.shape[-1]
    s, o, m = (g.array(t, [c]) for _ in range(3))
    v = g.array(t, [c], 0.1, 4)
    eps = 1e-3
    y = (wide(x) - wide(m)) / np.sqrt(wide(v) + eps) * wide(s) + wide(o)
    scale = ((abs(wide(x)) + abs(wide(m))) / np.sqrt(wide(v) + eps)
             * abs(wide(s)) + abs(wide(o)))
    return Case("dl.batch_norm %0, %1, %2, %3, %4 epsilon 0.001 : {T0}, {T1}",
                [(t, a) for a in (x, s, o, m, v)], y, [t], scale,
                fixed={(i, 0) for i in range(1, 5)})


def layer_norm(g):
    t = g.float_type()
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(-x.ndim, -1)
    y = ref.normalize(wide(x), tuple(range(axis, 0)), 1e-3)
    inputs = [(t, x)]
    text, types, y, scale = affine(g, t, x.shape[axis:], "dl.layer_norm %0",
                                   "{T0}", inputs, y)
    return Case(f"{text} axis {axis} epsilon 0.001 : {types}", inputs, y, [t],
                scale * 4)


def spatial_norm(name):
    def make(g):
        t, groups = g.float_type(), g.integer(1, 4)
        c = groups * g.integer(1, 6)
        x = g.array(t, [g.integer(1, 3), *image(g, g.integer(1, 3)), c])
        if name == "group_norm":
            y, parts = ref.group_norm(wide(x), groups, 1e-3), f" groups {groups}"
        else:
            y = ref.normalize(wide(x), tuple(range(1, x.ndim - 1)), 1e-3)
            parts = ""
        inputs = [(t, x)]
        text, types, y, scale = affine(g, t, [c], f"dl.{name} %0", "{T0}",
                                       inputs, y)
        fixed = {(0, x.ndim - 1)} if name == "group_norm" else set()
        return Case(f"{text}{parts} epsilon 0.001 : {types}", inputs, y, [t],
                    scale * 8, fixed=fixed)
    return make


# --- Shape -------------------------------------------------------------------

ANY = list(DTYPES)


def exact(t, y):
    return y if t in EXACT else wide(y)


def factorize(g, count):
    shape = []
    while count > 1 and len(shape) < 3:
        divisors = [d for d in range(1, count + 1) if count % d == 0]
        shape.append(g.choice(divisors))
        count //= shape[-1]
    return shape + [count] if count > 1 or not shape else shape


def reshape(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(0, 4))
    to = factorize(g, x.size) if g.chance(0.9) or x.size > 1 else []
    shown = [str(e) for e in to]
    if to and g.chance(0.3):
        shown[g.integer(0, len(to) - 1)] = "?"
    target = "tensor<" + "x".join(shown + [t]) + ">"
    return Case(f"dl.reshape %0 : {{T0}} to {target}", [(t, x)],
                exact(t, x.reshape(to)), [t])


def flatten(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(0, x.ndim)
    y = x.reshape(*x.shape[:axis], -1)
    return Case(f"dl.flatten %0 axis {axis} : {{T0}}", [(t, x)], exact(t, y), [t])


def transpose(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    p = [int(v) for v in g.rng.permutation(x.ndim)]
    return Case(f"dl.transpose %0 {p} : {{T0}}", [(t, x)],
                exact(t, np.transpose(x, p)), [t])


def concat(g):
    t, shape = g.choice(ANY), g.shape(1, 4)
    axis = g.integer(-len(shape), len(shape) - 1)
    arrays = []
    for _ in range(g.integer(1, 4)):
        part = list(shape)
        part[axis] = g.integer(1, 9)
        arrays.append(g.array(t, part))
    names = ", ".join(f"%{i}" for i in range(len(arrays)))
    types = ", ".join(f"{{T{i}}}" for i in range(len(arrays)))
    return Case(f"dl.concat {names} axis {axis} : {types}",
                [(t, a) for a in arrays],
                exact(t, np.concatenate(arrays, axis)), [t])


def slice_(g):
    while True:
        t = g.choice(ANY)
        x = g.array(t, g.shape(1, 4))
        starts, ends, steps, index = [], [], [], []
        for e in x.shape:
            step = g.choice([1, 1, 1, 2, 3, -1, -2])
            start, end = g.integer(-e - 1, e), g.integer(-e - 1, e + 1)
            if g.chance(0.2):
                end = (2**63 - 1) if step > 0 else -2**63
            starts.append(start), ends.append(end), steps.append(step)
            index.append(slice(start, None if end == -2**63 else end, step))
        y = x[tuple(index)]
        if y.size:
            break
    return Case(f"dl.slice %0 {starts} to {ends} steps {steps} : {{T0}}",
                [(t, x)], exact(t, y), [t])


def split(g):
    t = g.choice(ANY)
    x = g.array(t, g.shape(1, 4))
    axis = g.integer(-x.ndim, x.ndim - 1)
    sizes, left = [], x.shape[axis]
    while left:
        sizes.append(g.integer(1, left))
        left -= sizes[-1]
    parts = np.split(x, np.cumsum(sizes)[:-1], axis)
    return Case(f"dl.split %0 axis {axis} sizes {sizes} : {{T0}}", [(t, x)],
                [exact(t, p) for p in parts], [t] * len(parts))


def pad(g):
    t = g.choice(["f32", "f64", "f16", "i32", "i64"])
    x = g.array(t, g.shape(1, 4))
    mode = g.choice(["constant", "edge", "reflect", "wrap"])
    limit = [{"constant": 4, "edge": 4, "reflect": e - 1, "wrap": e}[mode]
             for e in x.shape]
    low = [g.integer(0, min(m, 4)) for m in limit]
    high = [g.integer(0, min(m, 4)) for m in limit]
    parts, more = "", {}
    if mode == "constant":
        value = g.integer(-3, 3)
        parts, more = f" value {value}.0", {"constant_values": value}
    y = np.pad(x, list(zip(low, high)), mode=mode, **more)
    return Case(f"dl.pad %0 low {low} high {high} mode {mode}{parts} : {{T0}}",
                [(t, x)], exact(t, y), [t])


def gather(g):
    t, it = g.choice(ANY), g.choice(["i32", "i64"])
    x = g.array(t, g.shape(1, 3))
    axis = g.integer(-x.ndim, x.ndim - 1)
    e = x.shape[axis]
    indices = g.rng.integers(-e - 2, e + 2, g.shape(0, 2, 9)).astype(DTYPES[it])
    at = np.clip(np.where(indices < 0, indices + e, indices), 0, e - 1)
    return Case(f"dl.gather %0, %1 axis {axis} : {{T0}}, {{T1}}",
                [(t, x), (it, indices)], exact(t, np.take(x, at, axis)), [t])


def upsample(g):
    t, rank = g.float_type(), g.integer(1, 3)
    x = g.array(t, [g.integer(1, 3), *image(g, rank), g.integer(1, 20)])
    scales = [g.integer(1, 4) for _ in range(rank)]
    return Case(f"dl.upsample %0 by {scales} : {{T0}}", [(t, x)],
                wide(ref.upsample(x, scales)), [t])


# --- Reductions --------------------------------------------------------------

def reduction(name, function, summed):
    def make(g):
        t = g.choice(NUMBERS)
        x = g.array(t, g.shape(1, 4))
        if name == "prod":
            x = (np.sign(wide(x)) * (0.5 + abs(wide(x)) / 4)).astype(DTYPES[t])
        parts, axes = "", None
        if g.chance(0.8):
            count = g.integer(1, x.ndim)
            axes = tuple(int(a) for a in g.rng.permutation(x.ndim)[:count])
            axes = tuple(a - x.ndim if g.chance(0.3) else a for a in axes)
            parts += f" axes [{', '.join(map(str, axes))}]"
        keep = g.chance(0.5)
        if keep:
            parts += " keep_dims"
        operand = x if t in EXACT else wide(x)
        with np.errstate(all="ignore"):
            y = function(operand, axis=axes, keepdims=keep)
        if t in EXACT:
            if name == "mean":
                total = np.sum(operand, axis=axes, keepdims=keep)
                count = operand.size // max(1, np.asarray(total).size)
                y = np.trunc(np.asarray(total) / count)
            y = np.asarray(y).astype(DTYPES[t])
        scale = None
        if summed and t not in EXACT:
            scale = function(abs(wide(x)), axis=axes, keepdims=keep)
        return Case(f"dl.reduce_{name} %0{parts} : {{T0}}", [(t, x)], y, [t],
                    scale)
    return make


def arg(name, function):
    def make(g):
        t = g.choice(NUMBERS)
        x = g.array(t, g.shape(1, 4))
        if g.chance(0.5):
            x = np.round(wide(x)).astype(DTYPES[t])  # equal elements
        if t not in EXACT and g.chance(0.3):
            x.ravel()[g.integer(0, x.size - 1)] = np.nan
        axis = g.integer(-x.ndim, x.ndim - 1)
        keep = g.chance(0.5)
        y = function(wide(x), axis=axis)
        if keep:
            y = np.expand_dims(y, axis)
        return Case(f"dl.{name} %0 axis {axis}{' keep_dims' if keep else ''}"
                    " : {T0}", [(t, x)], y.astype(np.int64), ["i64"])
    return make


def compare(name, function):
    def make(g):
        case = binary(name, function, result="i1")(g)
        return case
    return make


def remainder(a, b):
    if a.dtype.kind == "f":
        return np.fmod(a, b)
    return np.where(b == 0, 0, np.fmod(a, np.where(b == 0, 1, b)))


def shift(left):
    def apply(a, b):
        width = a.dtype.itemsize * 8
        fits = (b >= 0) & (b < width)
        by = np.where(fits, b, 0).astype(a.dtype)
        if left:
            return np.where(fits, np.left_shift(a, by), 0)
        return np.where(fits, np.right_shift(a, by), np.where(a < 0, -1, 0))
    return apply


# --- Index and detection -----------------------------------------------------

def broadcast(g):
    t = g.choice(ANY)
    full = g.shape(1, 4)
    shape = [1 if g.chance(0.3) else e for e in full[g.integer(0, len(full)):]]
    x = g.array(t, shape)
    shown, setup, names = [], "", []
    for d, e in enumerate(full):
        if g.chance(0.3):
            setup += f"%n{d} = arith.constant {e} : index\n"
            names.append(f"%n{d}")
            shown.append("?")
        else:
            shown.append(str(e))
    extents = f" [{', '.join(names)}]" if names else ""
    target = "tensor<" + "x".join([*shown, t]) + ">"
    return Case(f"dl.broadcast %0{extents} : {{T0}} to {target}", [(t, x)],
                exact(t, np.broadcast_to(x, full)), [t], setup=setup,
                fixed={(0, d) for d in range(x.ndim)})


def iota(g):
    t = g.choice(NUMBERS)
    shape = g.shape(1, 3, 100 if t == "i8" else 40)
    axis = g.integer(0, len(shape) - 1)
    along = np.arange(shape[axis]).reshape(
        [-1 if d == axis else 1 for d in range(len(shape))])
    y = np.broadcast_to(along, shape).astype(DTYPES[t])
    target = "tensor<" + "x".join([*map(str, shape), t]) + ">"
    return Case(f"dl.iota axis {axis} : {target}", [], exact(t, y), [t])


def cumulative(g):
    t, kind = g.choice(NUMBERS), g.choice(["sum", "prod"])
    x = g.array(t, g.shape(1, 3, 20))
    if kind == "prod" and t not in EXACT:
        x = (np.sign(wide(x)) * (0.5 + abs(wide(x)) / 8)).astype(DTYPES[t])
    axis = g.integer(-x.ndim, x.ndim - 1)
    exclusive, reverse = g.chance(0.4), g.chance(0.4)

    def run(a):
        a = np.flip(a, axis) if reverse else a
        function = np.cumsum if kind == "sum" else np.cumprod
        dtype = x.dtype if t in EXACT else np.float64
        y = function(a, axis=axis, dtype=dtype)
        if exclusive:
            first = np.full_like(np.take(y, [0], axis), kind == "prod")
            y = np.concatenate(
                [first, np.delete(y, -1, axis)], axis).astype(dtype)
        return np.flip(y, axis) if reverse else y

    words = (" exclusive" if exclusive else "") + (" reverse" if reverse else "")
    scale = None if t in EXACT else run(abs(wide(x)))
    return Case(f"dl.cumulative {kind} %0 axis {axis}{words} : {{T0}}", [(t, x)],
                run(x if t in EXACT else wide(x)), [t], scale)


def scatter(g):
    t, it = g.choice(NUMBERS), g.choice(["i32", "i64"])
    kind = g.choice(["replace", "add", "mul", "max", "min"])
    x = g.array(t, g.shape(1, 3, 12))
    n, k = x.shape[0], g.integer(1, 9)
    updates = g.array(t, [k, *x.shape[1:]])
    indices = g.rng.integers(-n - 1, n + 1, k).astype(DTYPES[it])
    y = x.copy() if t in EXACT else wide(x)
    scale = abs(wide(x))
    for i, u in zip(indices, updates if t in EXACT else wide(updates)):
        row = int(np.clip(i + n if i < 0 else i, 0, n - 1))
        function = {"replace": lambda a, b: b, "add": np.add, "mul": np.multiply,
                    "max": np.maximum, "min": np.minimum}[kind]
        with np.errstate(all="ignore"):
            y[row] = function(y[row], u)
            scale[row] = (abs(wide(u)) * scale[row] if kind == "mul"
                          else abs(wide(u)) + scale[row])
    # Sums and products are stored after every step.
    narrow = t in ("f16", "bf16") and kind in ("add", "mul")
    return Case(f"dl.scatter %0, %1, %2 kind {kind} : {{T0}}, {{T1}}, {{T2}}",
                [(t, x), (it, indices), (t, updates)], y, [t],
                None if t in EXACT or kind in ("replace", "max", "min")
                else scale * (2048 if narrow else 1))


def top_k(g):
    t = g.choice(NUMBERS)
    x = g.array(t, g.shape(1, 3))
    if g.chance(0.5):
        x = np.round(wide(x)).astype(DTYPES[t])  # equal elements
    if t not in EXACT and g.chance(0.3):
        x.ravel()[g.integer(0, x.size - 1)] = np.nan
    k, smallest = g.integer(0, x.shape[-1]), g.chance(0.4)
    key = wide(x)
    key = np.where(np.isnan(key), np.inf, key)
    order = np.argsort(key if smallest else -key, axis=-1, kind="stable")
    at = order[..., :k]
    dims = "x".join(["?"] * (x.ndim - 1) + [str(k)])
    return Case(f"dl.top_k %0, %k{' smallest' if smallest else ''} : {{T0}} to "
                f"tensor<{dims}x{t}>, tensor<{dims}xi64>", [(t, x)],
                [exact(t, np.take_along_axis(x, at, -1)), at], [t, "i64"],
                setup=f"%k = arith.constant {k} : index\n")


def nonzero(g):
    x = g.array("i1", g.shape(1, 4))
    return Case("dl.nonzero %0 : {T0}", [("i1", x)], np.array(np.nonzero(x)),
                ["i64"])


def non_max_suppression(g):
    images, classes, n = g.integer(1, 2), g.integer(1, 3), g.integer(1, 30)
    boxes = g.array("f32", [images, n, 4], 0, 1)
    scores = g.array("f32", [images, classes, n], 0, 1)
    most, overlap, least = g.integer(0, 9), 0.3, 0.2
    centered = g.chance(0.4)
    rows = []

    def corners(b):
        b = wide(b)
        if centered:
            return [b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2,
                    b[1] + b[3] / 2]
        return [min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]),
                max(b[1], b[3])]

    def ratio(a, b):
        a, b = corners(a), corners(b)
        shared = (max(0, min(a[2], b[2]) - max(a[0], b[0])) *
                  max(0, min(a[3], b[3]) - max(a[1], b[1])))
        area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
        return shared / (area(a) + area(b) - shared)

    for i in range(images):
        for c in range(classes):
            taken = []
            for j in np.argsort(-scores[i, c], kind="stable"):
                if scores[i, c, j] > np.float32(least) and len(taken) < most and all(
                        ratio(boxes[i, j], boxes[i, k]) <= overlap for k in taken):
                    taken.append(j)
            rows += [[i, c, j] for j in taken]
    text = ("dl.non_max_suppression %0, %1, %most, %overlap, %least"
            f"{' centered' if centered else ''} : {{T0}}, {{T1}}")
    return Case(text, [("f32", boxes), ("f32", scores)],
                np.array(rows, np.int64).reshape(-1, 3), ["i64"],
                setup=f"%most = arith.constant {most} : i64\n"
                      f"%overlap = arith.constant {overlap} : f32\n"
                      f"%least = arith.constant {least} : f32\n")


def roi_align(g):
    t = g.choice(["f32", "f64"])
    n, h, w, c = g.integer(1, 2), g.integer(2, 9), g.integer(2, 9), g.integer(1, 9)
    x = g.array(t, [n, h, w, c])
    r, scale = g.integer(1, 4), g.choice([0.5, 1.0])
    corner = g.rng.uniform(-1, max(h, w), (r, 2))
    rois = np.concatenate([corner, corner + g.rng.uniform(0.5, 6, (r, 2))],
                          1).astype(DTYPES[t])
    images = g.rng.integers(0, n, r)
    size, ratio = [g.integer(1, 3), g.integer(1, 3)], g.integer(0, 3)
    kind, half = g.choice(["avg", "max"]), g.chance(0.5)
    y = np.zeros([r, *size, c])

    def parts(at):
        """Weights and values of the four elements around a place."""
        if not (-1 <= at[0] <= h and -1 <= at[1] <= w):
            return [np.zeros(c)]
        places = []
        for value, extent in zip(at, (h, w)):
            value = min(max(value, 0), extent - 1)
            low = int(value)
            places.append([(low, 1 - (value - low)),
                           (min(low + 1, extent - 1), value - low)])
        return [a * b * wide(x[image, i, j])
                for i, a in places[0] for j, b in places[1]]

    for k, image in enumerate(images):
        box = wide(rois[k]) * scale - (0.5 if half else 0)
        for i in range(size[0]):
            for j in range(size[1]):
                samples, begin, cell, counts = [], [], [], []
                for axis, place in ((1, i), (0, j)):
                    extent = box[axis + 2] - box[axis]
                    extent = extent if half else max(extent, 1)
                    cell.append(extent / size[1 - axis])
                    begin.append(box[axis] + place * cell[-1])
                    count = ratio or max(int(np.ceil(cell[-1])), 1)
                    counts.append(ratio or min(count, (h, w)[1 - axis] + 1))
                for a in range(counts[0]):
                    for b in range(counts[1]):
                        samples.append(parts([
                            begin[0] + (a + 0.5) * cell[0] / counts[0],
                            begin[1] + (b + 0.5) * cell[1] / counts[1]]))
                if kind == "avg":
                    y[k, i, j] = np.mean([np.sum(s, 0) for s in samples], 0)
                else:
                    y[k, i, j] = np.max([np.max(s, 0) for s in samples], 0)
    words = (f" size [{size[0]}, {size[1]}] sampling_ratio {ratio} scale {scale}"
             f" kind {kind}{' half_pixel' if half else ''}")
    # The place between elements is known as well as the coordinates are.
    return Case(f"dl.roi_align %0, %1, %2{words} : {{T0}}, {{T1}}, {{T2}}",
                [(t, x), (t, rois), ("i64", images)], y, [t],
                np.full(y.shape, 16.0))


def arg_max_pool(g):
    while True:
        t, rank = g.choice(["f32", "f64"]), g.integer(1, 2)
        spatial = image(g, rank)
        kernel = [g.integer(1, 3) for _ in range(rank)]
        strides = [g.integer(1, 3) for _ in range(rank)]
        pads = [g.integer(0, k - 1) for k in kernel]
        if any(e + p < k for e, k, p in zip(spatial, kernel, pads)):
            continue
        break
    x = g.array(t, [g.integer(1, 2), *spatial, g.integer(1, 9)])
    if g.chance(0.5):
        x = np.round(x)  # equal elements: the first wins
    out = [(e + 2 * p - k) // s + 1
           for e, k, s, p in zip(spatial, kernel, strides, pads)]
    y = np.zeros([x.shape[0], *out, x.shape[-1]], np.int64)
    for n in range(x.shape[0]):
        for place in np.ndindex(*out):
            for c in range(x.shape[-1]):
                best = None
                for offset in np.ndindex(*kernel):
                    at = tuple(q * s - p + o for q, s, p, o in
                               zip(place, strides, pads, offset))
                    if any(a < 0 or a >= e for a, e in zip(at, spatial)):
                        continue
                    value = x[(n, *at, c)]
                    if best is None or value > best[0]:
                        best = value, int(np.ravel_multi_index(at, spatial))
                y[(n, *place, c)] = best[1]
    show = lambda v: "[" + ", ".join(map(str, v)) + "]"
    return Case(f"dl.arg_max_pool %0 window {show(kernel)} strides {show(strides)} "
                f"padding {show(pads)} : {{T0}}", [(t, x)], y, ["i64"])


BOOL = ["i1"]
OPS = {
    "add": binary("add", np.add), "sub": binary("sub", np.subtract),
    "mul": binary("mul", np.multiply),
    "div": binary("div", lambda a, b: ref.trunc_div(a, b)
                  if a.dtype.kind in "iu" else np.divide(a, b), 0.5, 4),
    "remainder": binary("remainder", remainder),
    "shift_left": binary("shift_left", shift(True), types=INTEGERS),
    "shift_right": binary("shift_right", shift(False), types=INTEGERS),
    "tan": unary("tan", np.tan, -1.4, 1.4), "asin": unary("asin", np.arcsin, -1, 1),
    "acos": unary("acos", np.arccos, -1, 1), "atan": unary("atan", np.arctan, -9, 9),
    "sinh": unary("sinh", np.sinh), "cosh": unary("cosh", np.cosh),
    "asinh": unary("asinh", np.arcsinh, -9, 9),
    "acosh": unary("acosh", np.arccosh, 1, 9),
    "atanh": unary("atanh", np.arctanh, -0.9, 0.9),
    "pow": binary("pow", np.power, 0.1, 4, types=["f32", "f64", "f16", "bf16"]),
    "maximum": binary("maximum", np.maximum),
    "minimum": binary("minimum", np.minimum),
    "neg": unary("neg", np.negative, types=NUMBERS),
    "abs": unary("abs", np.abs, types=NUMBERS),
    "exp": unary("exp", np.exp), "log": unary("log", np.log, 1e-3, 9),
    "sqrt": unary("sqrt", np.sqrt, 0, 9),
    "rsqrt": unary("rsqrt", lambda x: 1 / np.sqrt(x), 0.01, 9),
    "reciprocal": unary("reciprocal", lambda x: 1 / x, 0.1, 9),
    "square": unary("square", np.square, types=NUMBERS),
    "sin": unary("sin", np.sin), "cos": unary("cos", np.cos),
    "erf": unary("erf", special.erf),
    "floor": unary("floor", np.floor), "ceil": unary("ceil", np.ceil),
    "round": unary("round", np.round), "clip": clip,
    "equal": compare("equal", np.equal),
    "not_equal": compare("not_equal", np.not_equal),
    "less": compare("less", np.less),
    "less_equal": compare("less_equal", np.less_equal),
    "greater": compare("greater", np.greater),
    "greater_equal": compare("greater_equal", np.greater_equal),
    "and": binary("and", np.bitwise_and, types=EXACT),
    "or": binary("or", np.bitwise_or, types=EXACT),
    "xor": binary("xor", np.bitwise_xor, types=EXACT),
    "not": unary("not", np.invert, types=EXACT),
    "select": select, "cast": cast,
    "linear": unary("linear", lambda x: x),
    "unit_step": unary("unit_step", ref.unit_step),
    "sign": unary("sign", np.sign, types=NUMBERS),
    "piecewise_linear": unary("piecewise_linear",
                              lambda x: np.clip(x + 0.5, 0, 1), -1, 1),
    "sigmoid": unary("sigmoid", ref.sigmoid), "tanh": unary("tanh", np.tanh),
    "relu": unary("relu", lambda x: np.maximum(x, 0)),
    "gelu": unary("gelu", ref.gelu), "gelu_tanh": unary("gelu_tanh", ref.gelu_tanh),
    "silu": unary("silu", lambda x: x * ref.sigmoid(x)),
    "softplus": unary("softplus", ref.softplus),
    "softsign": unary("softsign", lambda x: x / (1 + np.abs(x))),
    "mish": unary("mish", lambda x: x * np.tanh(ref.softplus(x))),
    "selu": unary("selu", ref.selu),
    "hard_sigmoid": unary("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "hard_swish": unary("hard_swish", lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "leaky_relu": alpha("leaky_relu", lambda x, a: np.where(x >= 0, x, a * x)),
    "elu": alpha("elu", lambda x, a: np.where(x > 0, x, a * np.expm1(
        np.minimum(x, 0)))),
    "dense": dense, "matmul": matmul, "conv": conv,
    "conv_transpose": lambda g: conv(g, True),
    "max_pool": pool("max"), "avg_pool": pool("avg"),
    "global_max_pool": global_pool("max"), "global_avg_pool": global_pool("avg"),
    "softmax": softmax("softmax"), "log_softmax": softmax("log_softmax"),
    "batch_norm": batch_norm, "layer_norm": layer_norm,
    "group_norm": spatial_norm("group_norm"),
    "instance_norm": spatial_norm("instance_norm"),
    "reshape": reshape, "flatten": flatten, "transpose": transpose,
    "concat": concat, "slice": slice_, "split": split, "pad": pad,
    "gather": gather, "upsample": upsample,
    "broadcast": broadcast, "iota": iota, "cumulative": cumulative,
    "scatter": scatter, "top_k": top_k, "nonzero": nonzero,
    "non_max_suppression": non_max_suppression, "roi_align": roi_align,
    "arg_max_pool": arg_max_pool,
    "reduce_sum": reduction("sum", np.sum, True),
    "reduce_mean": reduction("mean", np.mean, True),
    "reduce_max": reduction("max", np.max, False),
    "reduce_min": reduction("min", np.min, False),
    "reduce_prod": reduction("prod", np.prod, True),
    "arg_max": arg("arg_max", np.argmax), "arg_min": arg("arg_min", np.argmin),
    "dropout": unary("dropout", lambda x: x, attributes=" rate 0.25"),
}
