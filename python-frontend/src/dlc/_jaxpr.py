"""Jaxprs, primitive by primitive, as ops of dl.

Extents are numbers or one free one, the first of the inputs ("batch"). What a primitive means
is said by jax.lax's own pages.
"""

import math

import numpy as np

from . import dl, ir
from ._emit.attention import einsum

_PRIMITIVES = {}
_ELEMENTS = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16",
             "int32": "i32", "int64": "i64", "int8": "i8", "int16": "i16", "uint8": "ui8",
             "uint16": "ui16", "uint32": "ui32", "uint64": "ui64", "bool": "i1"}


class UnknownPrimitives(Exception):
    """What dlc lacks of a function, all of it."""


def primitive(*names):
    def register(function):
        for name in names:
            _PRIMITIVES[name] = function
        return function
    return register


def missing(jaxpr):
    """The primitives in a jaxpr that dlc lacks, sorted."""
    found = set()
    for inner in _all(jaxpr):
        found |= {str(eqn.primitive) for eqn in inner.eqns} - set(_PRIMITIVES)
    return sorted(found)


def _all(jaxpr):
    """A jaxpr and those in its equations' parameters."""
    yield jaxpr
    for eqn in jaxpr.eqns:
        for value in eqn.params.values():
            for item in value if isinstance(value, (list, tuple)) else [value]:
                item = getattr(item, "jaxpr", item)
                if hasattr(item, "eqns"):
                    yield from _all(item)


def _place_of(eqn):
    """The line of the user's code: `net.py:12 (cell)`."""
    try:
        from jax._src import source_info_util
        frame = source_info_util.user_frame(eqn.source_info.traceback)
        return f"{frame.file_name.rpartition('/')[2]}:{frame.start_line} ({frame.function_name})"
    except Exception:  # JAX's own matters: a place is no reason to fail
        return str(eqn.primitive)


def hides_gradients(jaxpr):
    """What has a derivative of its own, which dlc would not see: words for each."""
    found = []
    for inner in _all(jaxpr):
        makers = {v: eqn for eqn in inner.eqns for v in eqn.outvars}
        for eqn in inner.eqns:
            name = str(eqn.primitive)
            if name.startswith("custom_vjp"):
                found.append(f"custom_vjp of {_name_of(eqn)}")
            elif name == "stop_gradient" and not _is_shift(makers, eqn.invars[0]):
                found.append("stop_gradient")
    return found


def _name_of(eqn):
    return eqn.params.get("name") or getattr(eqn.params.get("call_jaxpr"), "name", None) or "?"


def _is_shift(makers, value):
    """Whether a value is the maximum that a softmax or a logsumexp takes off: there no gradient
    and the gradient are the same."""
    while value in makers if not hasattr(value, "val") else False:
        eqn = makers[value]
        name = str(eqn.primitive)
        if name == "reduce_max":
            return True
        if name not in ("broadcast_in_dim", "max", "reshape", "select_n", "squeeze"):
            return False
        value = next((v for v in reversed(eqn.invars) if not hasattr(v, "val")), None)
    return False


class Emission:
    """Equations into the function of a module that is open.

    e: an Emitter; free: the value of the free extent, an index, or None.
    """

    def __init__(self, e, free):
        self.e, self.m, self.free = e, e.module, free
        self.known, self.makers = {}, {}  # of the jaxpr that is being written

    def run(self, jaxpr, constants, arguments):
        """The values of a jaxpr's results."""
        outside = self.known, self.makers
        known = self.known = {}
        self.makers = {v: eqn for eqn in jaxpr.eqns for v in eqn.outvars}

        def read(v):
            if hasattr(v, "val"):
                return self.constant(v.val, v.aval.dtype)
            return known[v]
        known.update(zip(jaxpr.constvars, constants))
        known.update(zip(jaxpr.invars, arguments))
        for eqn in jaxpr.eqns:
            with self.m.place(_place_of(eqn)):
                results = _PRIMITIVES[str(eqn.primitive)](
                    self, eqn, *[read(v) for v in eqn.invars])
            known.update(zip(eqn.outvars, results if isinstance(results, (list, tuple))
                             else [results]))
        results = [read(v) for v in jaxpr.outvars]
        self.known, self.makers = outside
        return results

    def constant(self, value, dtype):
        return self.m.constant(np.asarray(value, dtype))

    def extents(self, shape):
        return [self.extent(e) for e in shape]

    def extent(self, e):
        """A number, or the free extent's value."""
        if isinstance(e, (int, np.integer)):
            return int(e)
        terms = str(e)
        if terms == str(self.symbol):
            return self.free
        if terms.startswith(f"{self.symbol}*"):  # as JAX writes products by numbers
            return self.e.product([self.free, int(terms.partition("*")[2])])
        if terms.endswith(f"*{self.symbol}"):
            return self.e.product([int(terms.partition("*")[0]), self.free])
        raise ir.IRError(f"the extent {e} is neither a number nor a multiple of the first one; "
                         "batch='fixed' takes those of the example")

    def scalar(self, extent, kind):
        """An extent as a tensor of rank 0."""
        if isinstance(extent, int):
            return self.m.constant(extent, kind)
        number = self.m._op("arith.index_cast", [extent], None, [kind])[0]
        return self.m._op("tensor.from_elements", [number], None, [f"tensor<{kind}>"])[0]

    symbol = "batch"

    def type(self, aval):
        return ir.type_of([int(e) if isinstance(e, (int, np.integer)) else None
                           for e in aval.shape], element(aval.dtype))

    def call(self, closed, arguments):
        inner, constants = (closed.jaxpr, closed.consts) if hasattr(closed, "consts") else \
            (closed, [])
        return self.run(inner, [self.constant(c, c.dtype) for c in map(np.asarray, constants)],
                        arguments)


def element(dtype):
    name = np.dtype(dtype).name
    if name not in _ELEMENTS:
        raise ir.IRError(f"elements of {name} are none of dlc's")
    return _ELEMENTS[name]


#--- Element-wise ---------------------------------------------------------------------


def _same(names, op):
    primitive(*names)(lambda f, eqn, *values: f.m.op(op, *values))


for _names, _op in (
        (["add", "add_any"], "dl.add"), (["sub"], "dl.sub"), (["mul"], "dl.mul"),
        (["max"], "dl.maximum"), (["min"], "dl.minimum"), (["pow"], "dl.pow"),
        (["neg"], "dl.neg"), (["exp"], "dl.exp"), (["log"], "dl.log"), (["tanh"], "dl.tanh"),
        (["logistic"], "dl.sigmoid"), (["sin"], "dl.sin"), (["cos"], "dl.cos"),
        (["tan"], "dl.tan"), (["asin"], "dl.asin"), (["acos"], "dl.acos"), (["atan"], "dl.atan"),
        (["sinh"], "dl.sinh"), (["cosh"], "dl.cosh"), (["asinh"], "dl.asinh"),
        (["acosh"], "dl.acosh"), (["atanh"], "dl.atanh"), (["sqrt"], "dl.sqrt"),
        (["rsqrt"], "dl.rsqrt"), (["abs"], "dl.abs"), (["sign"], "dl.sign"),
        (["floor"], "dl.floor"), (["ceil"], "dl.ceil"), (["erf"], "dl.erf"),
        (["square"], "dl.square"), (["gt"], "dl.greater"), (["ge"], "dl.greater_equal"),
        (["lt"], "dl.less"), (["le"], "dl.less_equal"),         (["rem"], "dl.remainder"), (["and"], "dl.and"),
        (["or"], "dl.or"), (["xor"], "dl.xor"), (["not"], "dl.not")):
    _same(_names, _op)


@primitive("eq", "ne")
def equal(f, eqn, a, b):
    differ = dl.xor(a, b) if a.element == "i1" else dl.not_equal(a, b)
    return differ if str(eqn.primitive) == "ne" else \
        dl.not_(differ) if a.element == "i1" else dl.equal(a, b)


@primitive("div")
def divide(f, eqn, a, b):
    found = _softmax(f.makers, eqn)
    if found:
        logits, axes = found
        return dl.softmax(f.known[logits], axis=axes[0])
    return dl.div(a, b)


def _softmax(makers, eqn):
    """(logits, axes) where a division is e^(x - max x) / sum of it, as jax.nn.softmax writes it:
    a cross entropy is then of the logits, and the loop nest is one."""
    def maker(v, *names):
        found = None if hasattr(v, "val") else makers.get(v)
        return found if found and str(found.primitive) in names else None

    above = maker(eqn.invars[0], "exp")
    total = maker(eqn.invars[1], "broadcast_in_dim", "reshape", "expand_dims")
    total = total and maker(total.invars[0], "reduce_sum")
    shifted = above and maker(above.invars[0], "sub")
    if not total or not shifted or total.invars[0] is not above.outvars[0] or \
            len(total.params["axes"]) != 1:
        return None
    axes, largest = total.params["axes"], shifted.invars[1]
    while found := maker(largest, "stop_gradient", "broadcast_in_dim", "reshape", "expand_dims",
                         "max"):
        operands = [v for v in found.invars if not hasattr(v, "val")]
        if len(operands) != 1:
            return None
        largest = operands[0]
    largest = maker(largest, "reduce_max")
    if not largest or largest.invars[0] is not shifted.invars[0] or \
            largest.params["axes"] != axes:
        return None
    return shifted.invars[0], axes


@primitive("round")
def round_(f, eqn, x):
    if "EVEN" in str(eqn.params["rounding_method"]):
        return dl.round(x)
    return dl.sign(x) * dl.floor(dl.abs(x) + 0.5)


@primitive("exp2")
def exp2(f, eqn, x):
    return dl.exp(x * math.log(2))


@primitive("log1p")
def log1p(f, eqn, x):
    # log(1 + x) x / ((1 + x) - 1): the error of 1 + x cancels (Kahan).
    u = x + 1.0
    d = u - 1.0
    safe = dl.select(dl.equal(d, 0.0), d + 1.0, d)
    return dl.select(dl.equal(d, 0.0), x, dl.log(u) * x / safe)


@primitive("expm1")
def expm1(f, eqn, x):
    # 2 e^(x/2) sinh(x/2)
    half = x * 0.5
    return dl.exp(half) * dl.sinh(half) * 2.0


@primitive("erfc")
def erfc(f, eqn, x):
    return 1.0 - dl.erf(x)


@primitive("cbrt")
def cbrt(f, eqn, x):
    return dl.sign(x) * dl.pow(dl.abs(x), 1 / 3)


@primitive("is_finite")
def is_finite(f, eqn, x):
    return dl.equal(x - x, 0.0)


@primitive("integer_pow")
def integer_pow(f, eqn, x):
    n = eqn.params["y"]
    if n == 0:
        return x * 0.0 + 1.0
    result, power, rest = None, x, abs(n)
    while rest:
        if rest & 1:
            result = power if result is None else result * power
        rest >>= 1
        power = dl.square(power) if rest else power
    return 1.0 / result if n < 0 else result


@primitive("clamp")
def clamp(f, eqn, low, x, high):
    return dl.minimum(dl.maximum(x, low), high)


@primitive("select_n")
def select_n(f, eqn, which, *cases):
    if which.element == "i1":
        return dl.select(which, cases[1], cases[0])
    result = cases[-1]
    for i in range(len(cases) - 2, -1, -1):
        result = dl.select(dl.less_equal(which, i), cases[i], result)
    return result


@primitive("convert_element_type")
def convert(f, eqn, x):
    return f.e.cast(x, element(eqn.params["new_dtype"]))


@primitive("stop_gradient", "copy", "copy_p", "optimization_barrier", "reduce_precision",
           "sharding_constraint", "device_put", "mesh_cast", "pvary")
def same(f, eqn, *values):
    return list(values)


#--- Shapes ----------------------------------------------------------------------------


@primitive("broadcast_in_dim")
def broadcast_in_dim(f, eqn, x, *_):
    shape, places = eqn.params["shape"], eqn.params["broadcast_dimensions"]
    extents = f.extents(shape)
    narrow = [1] * len(shape)
    for d, at in enumerate(places):
        narrow[at] = f.e.extent(x, d)
    if x.rank != len(shape):
        x = f.e.reshape(x, narrow)
    is_whole = all(isinstance(a, int) and isinstance(b, int) and a == b or
                   not isinstance(a, int) and not isinstance(b, int)
                   for a, b in zip(narrow, extents))
    return x if is_whole else f.e.broadcast(x, extents)


@primitive("reshape")
def reshape(f, eqn, x, *_):
    shape = eqn.params["new_sizes"]
    if all(isinstance(s, (int, np.integer)) for s in shape):
        return f.e.reshape(x, [int(s) for s in shape])
    free = [i for i, s in enumerate(shape) if not isinstance(s, (int, np.integer))]
    if len(free) == 1:
        return f.e.reshape(x, [-1 if i in free else int(s) for i, s in enumerate(shape)])
    return f.e.reshape(x, f.extents(shape))


@primitive("squeeze")
def squeeze(f, eqn, x):
    gone = {d % x.rank for d in eqn.params["dimensions"]}
    return f.e.reshape(x, [f.e.extent(x, d) for d in range(x.rank) if d not in gone])


@primitive("expand_dims")
def expand_dims(f, eqn, x):
    rank = len(eqn.outvars[0].aval.shape)
    new, old = {d % rank for d in eqn.params["dimensions"]}, iter(range(x.rank))
    return f.e.reshape(x, [1 if d in new else f.e.extent(x, next(old)) for d in range(rank)])


@primitive("transpose")
def transpose(f, eqn, x):
    return f.e.transpose(x, list(eqn.params["permutation"]))


@primitive("concatenate")
def concatenate(f, eqn, *values):
    return dl.concat(list(values), axis=eqn.params["dimension"])


@primitive("stack")
def stack(f, eqn, *values):
    axis = eqn.params.get("axis", eqn.params.get("dimension", 0))
    return dl.concat([f.e.unsqueeze(v, axis) for v in values], axis=axis)


@primitive("rev")
def rev(f, eqn, x):
    for axis in eqn.params["dimensions"]:
        x = f.e.slice(x, axis, -1, None, -1)
    return x


@primitive("slice")
def slice_(f, eqn, x):
    starts, ends = eqn.params["start_indices"], eqn.params["limit_indices"]
    steps = eqn.params["strides"] or [1] * x.rank
    for axis, (start, end, step) in enumerate(zip(starts, ends, steps)):
        if not isinstance(end, (int, np.integer)):  # the free extent: to its end
            end = None
        if start or end is not None and end != x.shape[axis] or step != 1:
            x = f.e.slice(x, axis, int(start), end, int(step))
    return x


@primitive("split")
def split(f, eqn, x):
    axis, at, parts = eqn.params["axis"], 0, []
    for size in eqn.params["sizes"]:
        parts.append(f.e.slice(x, axis, at, at + size))
        at += size
    return parts


@primitive("pad")
def pad(f, eqn, x, value):
    for axis, (low, high, inner) in enumerate(eqn.params["padding_config"]):
        if inner:
            raise ir.IRError("pad between elements (interior) has no op of dl")
        if low < 0 or high < 0:
            x = f.e.slice(x, axis, max(-low, 0), None if high >= 0 else high)
    low, high = ([max(int(p[k]), 0) for p in eqn.params["padding_config"]] for k in (0, 1))
    if not any(low + high):
        return x
    number = eqn.invars[1]
    if hasattr(number, "val"):
        return dl.pad(x, low=low, high=high, value=float(number.val))
    # Zeros around, then the value where they are.
    inside = dl.pad(f.e.broadcast(f.m.constant(1.0, x.element),
                                  [f.e.extent(x, d) for d in range(x.rank)]), low=low, high=high)
    return dl.select(dl.equal(inside, 1.0), dl.pad(x, low=low, high=high), value)


@primitive("iota")
def iota(f, eqn, *_):
    # 0, 1, ... along a dimension: known, but for the free one.
    shape, axis = eqn.params["shape"], eqn.params["dimension"]
    kind = element(eqn.params["dtype"])
    extents = f.extents(shape)
    known = [e if isinstance(e, int) else None for e in extents]
    y = f.m.op("dl.iota", [e for e in extents if not isinstance(e, int)], axis=axis,
               types=[ir.type_of(known, "i64")])
    return f.e.cast(y, kind)


@primitive("dim_as_value")
def dim_as_value(f, eqn):
    return f.scalar(f.extent(eqn.params["dim"]), element(eqn.outvars[0].aval.dtype))


@primitive("gather")
def gather(f, eqn, x, indices):
    numbers, sizes = eqn.params["dimension_numbers"], eqn.params["slice_sizes"]
    axes = numbers.start_index_map
    whole = all(s == x.shape[d] if isinstance(s, (int, np.integer)) else x.shape[d] is None
                for d, s in enumerate(sizes) if d not in axes)
    rank = len(eqn.outvars[0].aval.shape)
    lead = indices.rank - 1
    if len(axes) == 1 and tuple(numbers.collapsed_slice_dims) == axes and whole and \
            not numbers.operand_batching_dims:
        axis = axes[0]
        at = f.e.squeeze(indices, -1)
        # dl.gather puts the indices' dimensions where the axis was.
        y = dl.gather(x, at, axis=axis)
        behind = [d for d in range(rank) if d not in numbers.offset_dims]
        if behind != list(range(axis, axis + lead)):
            order, inside, outside = [], iter(range(axis, axis + lead)), iter(
                [d for d in range(rank) if not axis <= d < axis + lead])
            for d in range(rank):
                order.append(next(outside) if d in numbers.offset_dims else next(inside))
            y = f.e.transpose(y, order)
        return y
    # Element by element, of all of x in a row.
    kept = [d for d in range(x.rank) if d not in numbers.collapsed_slice_dims
            and d not in numbers.operand_batching_dims]
    extents = {at: f.extent(sizes[d]) for at, d in zip(numbers.offset_dims, kept)}
    places, _ = _places(
        f, x, indices, rank, axes, dict(zip(kept, numbers.offset_dims)), extents,
        dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims)),
        {d: sizes[d] for d in axes})
    return dl.gather(f.e.reshape(x, [-1]), places, axis=0)


def _line(f, extent, rank, at):
    """0, 1, ... along a dimension, with extents of 1 beside it."""
    if isinstance(extent, int):
        y = f.m.constant(np.arange(extent))
    else:
        y = f.m.op("dl.iota", [extent], axis=0, types=["tensor<?xi64>"])
    return f.e.reshape(y, [extent if d == at else 1 for d in range(rank)])


def _places(f, x, indices, rank, axes, windows, extents, batches, clamped=None):
    """(number of each element in x, of all of x in a row; whether it is in x).

    rank: of what is asked for. axes: the dimensions of x that the vectors of indices count
    in. windows: {dimension of x: of the result} that a place has beside its start, of the
    extents {of the result: extent}. batches: {dimension of x: of indices} that go together.
    clamped: {axis: extent} of windows that are moved to be inside.
    """
    lead = [d for d in range(rank) if d not in windows.values()]
    total, inside, stride = None, None, 1
    for d in range(x.rank - 1, -1, -1):
        parts, extent = [], f.e.extent(x, d)
        if d in axes:
            at = axes.index(d)
            start = f.e.squeeze(f.e.slice(indices, indices.rank - 1, at, at + 1), -1)
            shape = [1] * rank
            for i, at in enumerate(lead):
                shape[at] = f.e.extent(start, i)
            start = f.e.cast(f.e.reshape(start, shape), "i64")
            last = f.scalar(extent, "i64")
            if clamped:
                start = dl.minimum(dl.maximum(start, 0), last - int(clamped[d]))
            parts.append(start)
        if d in batches:
            at = batches[d]
            parts.append(_line(f, f.e.extent(indices, at), rank, lead[at]))
        if d in windows:
            parts.append(_line(f, extents[windows[d]], rank, windows[d]))
        if not parts:
            continue
        place = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        if d in axes and not clamped:
            ok = dl.and_(dl.greater_equal(place, 0), dl.less(place, last))
            inside = ok if inside is None else dl.and_(inside, ok)
        place = place * f.scalar(stride, "i64")
        total = place if total is None else total + place
        stride = f.e.product([stride, extent])
    return total, inside


@primitive("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max", "scatter_add",
           "scatter_mul", "scatter_min", "scatter_max")
def scatter(f, eqn, x, indices, updates):
    numbers = eqn.params["dimension_numbers"]
    kept = [d for d in range(x.rank) if d not in numbers.inserted_window_dims
            and d not in numbers.operand_batching_dims]
    extents = {at: f.e.extent(updates, at) for at in numbers.update_window_dims}
    places, inside = _places(
        f, x, indices, updates.rank, numbers.scatter_dims_to_operand_dims,
        dict(zip(kept, numbers.update_window_dims)), extents,
        dict(zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims)))
    # What lies outside is dropped: it goes into one element more.
    whole = f.e.product([f.e.extent(x, d) for d in range(x.rank)])
    shape = [f.e.extent(updates, d) for d in range(updates.rank)]
    places = f.e.broadcast(dl.select(inside, places, f.scalar(whole, "i64")), shape)
    kind = str(eqn.primitive).replace("_", "-").partition("-")[2] or "replace"
    y = dl.scatter(dl.pad(f.e.reshape(x, [-1]), low=[0], high=[1]), f.e.reshape(places, [-1]),
                   f.e.reshape(updates, [-1]), kind=kind)
    return f.e.reshape(f.e.slice(y, 0, 0, -1), [f.e.extent(x, d) for d in range(x.rank)])


@primitive("dynamic_slice")
def dynamic_slice(f, eqn, x, *starts):
    sizes = eqn.params["slice_sizes"]
    for axis, (start, size) in enumerate(zip(starts, sizes)):
        if size == x.shape[axis] or not isinstance(size, (int, np.integer)):
            continue
        last = f.scalar(f.e.extent(x, axis), start.element) - int(size)
        start = dl.minimum(dl.maximum(start, 0), last)
        places = f.m.constant(np.arange(size), start.element) + start
        x = dl.gather(x, places, axis=axis)
    return x


@primitive("dynamic_update_slice")
def dynamic_update_slice(f, eqn, x, update, *starts):
    axes = [d for d in range(x.rank) if update.shape[d] != x.shape[d]]
    if len(axes) != 1:
        raise ir.IRError("dynamic_update_slice along one dimension alone has ops of dl")
    axis, start = axes[0], starts[axes[0]]
    size, whole = update.shape[axis], x.shape[axis]
    start = dl.minimum(dl.maximum(start, 0), whole - size)
    # Which of the update's rows each row of x is, if any.
    places = f.m.constant(np.arange(whole), start.element) - start
    inside = dl.and_(dl.greater_equal(places, 0), dl.less(places, size))
    rows = dl.gather(update, dl.minimum(dl.maximum(places, 0), size - 1), axis=axis)
    return dl.select(f.e.reshape(inside, [whole, *[1] * (x.rank - axis - 1)]), rows, x)


#--- Reductions ------------------------------------------------------------------------


def _reduction(name, op):
    @primitive(name)
    def emit(f, eqn, x):
        axes = list(eqn.params["axes"])
        return f.m.op(op, x, axes=axes) if axes else x


for _name, _op in (("reduce_sum", "dl.reduce_sum"), ("reduce_max", "dl.reduce_max"),
                   ("reduce_min", "dl.reduce_min"), ("reduce_prod", "dl.reduce_prod")):
    _reduction(_name, _op)


@primitive("reduce_and", "reduce_or")
def reduce_logical(f, eqn, x):
    op = "dl.reduce_min" if str(eqn.primitive) == "reduce_and" else "dl.reduce_max"
    return f.e.cast(f.m.op(op, f.e.cast(x, "i32"), axes=list(eqn.params["axes"])), "i1")


@primitive("argmax", "argmin")
def arg(f, eqn, x):
    op = dl.arg_max if str(eqn.primitive) == "argmax" else dl.arg_min
    return f.e.cast(op(x, axis=eqn.params["axes"][0]), element(eqn.params["index_dtype"]))


@primitive("cumsum", "cumprod")
def cumulative(f, eqn, x):
    return dl.cumulative(x, kind="sum" if str(eqn.primitive) == "cumsum" else "prod",
                         axis=eqn.params["axis"], reverse=eqn.params["reverse"])


#--- Products and windows ---------------------------------------------------------------


@primitive("dot_general")
def dot_general(f, eqn, a, b):
    (inner_a, inner_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    kind = eqn.params["preferred_element_type"]
    if kind is not None:
        a, b = f.e.cast(a, element(kind)), f.e.cast(b, element(kind))
    if not batch_a and b.rank == 2 and a.rank >= 2 and tuple(inner_a) == (a.rank - 1,):
        if tuple(inner_b) == (1,):
            b = dl.transpose(b, permutation=[1, 0])
        return dl.matmul(a, b)
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    first = [next(letters) for _ in range(a.rank)]
    second = [None] * b.rank
    for i, j in [*zip(batch_a, batch_b), *zip(inner_a, inner_b)]:
        second[j] = first[i]
    second = [c or next(letters) for c in second]
    result = [first[i] for i in batch_a]
    result += [c for i, c in enumerate(first) if i not in batch_a and i not in inner_a]
    result += [c for j, c in enumerate(second) if j not in batch_b and j not in inner_b]
    return einsum(f.e, f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)


@primitive("conv_general_dilated")
def convolution(f, eqn, x, w):
    p = eqn.params
    numbers = p["dimension_numbers"]
    if p["batch_group_count"] != 1:
        raise ir.IRError("a convolution with batch_group_count has no op of dl")
    x = f.e.transpose(x, [numbers.lhs_spec[0], *numbers.lhs_spec[2:], numbers.lhs_spec[1]])
    w = f.e.transpose(w, [*numbers.rhs_spec[2:], numbers.rhs_spec[1], numbers.rhs_spec[0]])
    low, high = [q[0] for q in p["padding"]], [q[1] for q in p["padding"]]
    rank = x.rank - 2
    if any(d != 1 for d in p["lhs_dilation"]):
        # Zeros between: the input apart, then as any other.
        for axis, stride in enumerate(p["lhs_dilation"], 1):
            if stride == 1:
                continue
            extent = f.e.extent(x, axis)
            x = f.e.unsqueeze(x, axis + 1)
            more = [0] * x.rank
            more[axis + 1] = stride - 1
            x = dl.pad(x, low=[0] * x.rank, high=more)
            shape = [f.e.extent(x, d) for d in range(x.rank)]
            x = f.e.reshape(x, [*shape[:axis], f.e.product([extent, stride]), *shape[axis + 2:]])
            x = f.e.slice(x, axis, 0, 1 - stride)
    for axis in range(rank):
        if low[axis] < 0 or high[axis] < 0:
            x = f.e.slice(x, axis + 1, max(-low[axis], 0), high[axis] if high[axis] < 0 else None)
    y = dl.conv(x, w, strides=list(p["window_strides"]), dilations=list(p["rhs_dilation"]),
                groups=p["feature_group_count"],
                padding=[max(v, 0) for v in [*low, *high]])
    order = [0] * y.rank
    for at, d in enumerate([numbers.out_spec[0], *numbers.out_spec[2:], numbers.out_spec[1]]):
        order[d] = at
    return f.e.transpose(y, order)


@primitive("reduce_window_max", "reduce_window_sum", "reduce_window")
def reduce_window(f, eqn, x, *initial):
    p = eqn.params
    name = str(eqn.primitive)
    if name == "reduce_window":
        inner = [str(q.primitive) for q in p["jaxpr"].eqns]
        name = {"max": "reduce_window_max", "add": "reduce_window_sum"}.get(
            inner[0] if len(inner) == 1 else None)
        if not name:
            raise ir.IRError("reduce_window of other than max and add has no op of dl")
    window, strides = list(p["window_dimensions"]), list(p["window_strides"])
    if any(d != 1 for d in p["base_dilation"]):
        raise ir.IRError("reduce_window with base_dilation has no op of dl")
    padding, dilations = list(p["padding"]), list(p["window_dilation"])
    # Pools have the batch first and channels last: what has no window goes there.
    still = [d for d in range(x.rank) if window[d] == 1 and strides[d] == 1
             and tuple(padding[d]) == (0, 0)]
    moved = [d for d in range(x.rank) if d not in still]
    order = [*still[:1], *moved, *still[1:]]
    shape = [f.e.extent(x, d) for d in order]
    y = f.e.transpose(x, order)
    lead = shape[:1] if still else [1]
    spatial = shape[len(still[:1]):len(still[:1]) + len(moved)]
    y = f.e.reshape(y, [*lead, *spatial, f.e.product([f.e.extent(x, d) for d in still[1:]])])
    words = {"window": [window[d] for d in moved], "strides": [strides[d] for d in moved],
             "dilations": [dilations[d] for d in moved],
             "padding": [int(padding[d][0]) for d in moved] + [int(padding[d][1]) for d in moved]}
    if name == "reduce_window_max":
        y = dl.max_pool(y, **words)
    else:
        y = dl.avg_pool(y, count_padding=True, **words) * float(np.prod(words["window"]))
    out = [f.e.extent(y, d + 1) for d in range(len(moved))]
    y = f.e.reshape(y, [*(lead if still else []), *out, *[f.e.extent(x, d) for d in still[1:]]])
    back = [order.index(d) for d in range(x.rank)]
    return f.e.transpose(y, back)


#--- Calls and control flow ------------------------------------------------------------


@primitive("jit", "pjit", "closed_call", "core_call", "remat", "checkpoint", "remat2",
           "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_lin")
def call(f, eqn, *values):
    inner = next(eqn.params[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in eqn.params)
    return f.call(inner, list(values))


@primitive("scan")
def scan(f, eqn, *values):
    p = eqn.params
    constants, carried = values[:p["num_consts"]], values[
        p["num_consts"]:p["num_consts"] + p["num_carry"]]
    inputs = values[p["num_consts"] + p["num_carry"]:]
    inner, avals = p["jaxpr"], [v.aval for v in p["jaxpr"].jaxpr.invars]
    # A carried value has one type: what is known of the first may not be known of the next.
    types = [f.type(a) for a in avals[p["num_consts"]:]]
    carried = [_as(f, v, t) for v, t in zip(carried, types)]
    with f.m.region(*types) as given:
        results = f.call(inner, [*constants, *given])
        states = [_as(f, v, t) for v, t in zip(results, types[:len(carried)])]
        outputs = results[len(carried):]
        f.m.op("dl.yield", states, outputs)
    kinds = [f.type(v.aval) for v in eqn.outvars[len(carried):]]
    steps = None
    if not inputs:
        steps = f.e.index(p["length"])
    found = f.m.op("dl.scan", carried, list(inputs), None, steps, axis=0, reverse=p["reverse"],
                   regions=1, sizes=[len(carried), len(kinds), 0],
                   types=[*types[:len(carried)], *kinds])
    return list(found) if isinstance(found, tuple) else [found]


def _as(f, value, kind):
    return value if value.type == kind else f.m._op("tensor.cast", [value], None, [kind])[0]


@primitive("cond")
def cond(f, eqn, which, *values):
    branches = eqn.params["branches"]
    kinds = [f.type(v.aval) for v in eqn.outvars]

    def choose(at):
        """Branches from `at` on."""
        if at == len(branches) - 1:
            return f.call(branches[at], list(values))
        limit = dl.less_equal(which, at) if which.element != "i1" else dl.not_(which)
        chosen = f.m._op("tensor.extract", [limit], None, ["i1"])[0]
        with f.m.region():
            f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(
                f.call(branches[at], list(values)), kinds)], None, [])
        with f.m.region():
            f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(choose(at + 1), kinds)], None, [])
        return f.m._op("scf.if", [chosen], None, kinds, regions=2)
    return choose(0)


@primitive("while")
def while_(f, eqn, *values):
    p = eqn.params
    test, body = values[:p["cond_nconsts"]], values[
        p["cond_nconsts"]:p["cond_nconsts"] + p["body_nconsts"]]
    carried = values[p["cond_nconsts"] + p["body_nconsts"]:]
    kinds = [f.type(v.aval) for v in eqn.outvars]
    carried = [_as(f, v, t) for v, t in zip(carried, kinds)]
    with f.m.region(*kinds) as given:
        again = f.call(p["cond_jaxpr"], [*test, *given])[0]
        again = f.m._op("tensor.extract", [again], None, ["i1"])[0]
        f.m._op("scf.condition", [again, *given], None, [])
    with f.m.region(*kinds) as given:
        f.m._op("scf.yield", [_as(f, v, t) for v, t in zip(
            f.call(p["body_jaxpr"], [*body, *given]), kinds)], None, [])
    return f.m._op("scf.while", carried, None, kinds, regions=2)
