# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dense layers, activations, and layers that move elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import dl, ir
from .emitter import UnknownLayers, emit, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .emitter import Emitter, Layer, Named

#--- Activations ---------------------------------------------------------------------

# The activations by Keras's names.
ACTIVATIONS: dict[str, Callable[[Emitter, ir.Value], ir.Value]] = {
    "linear": lambda e, x: x,
    "relu": lambda e, x: dl.relu(x),
    "relu6": lambda e, x: dl.clip(x, low=0.0, high=6.0),
    "sigmoid": lambda e, x: dl.sigmoid(x),
    "tanh": lambda e, x: dl.tanh(x),
    "softmax": lambda e, x: dl.softmax(x),
    "log_softmax": lambda e, x: dl.log_softmax(x),
    "log_sigmoid": lambda e, x: dl.log_sigmoid(x),
    "softplus": lambda e, x: dl.softplus(x),
    "softsign": lambda e, x: dl.softsign(x),
    "elu": lambda e, x: dl.elu(x),
    "celu": lambda e, x: dl.elu(x),
    "selu": lambda e, x: dl.selu(x),
    "silu": lambda e, x: dl.silu(x),
    "swish": lambda e, x: dl.silu(x),
    "gelu": lambda e, x: dl.gelu(x),
    "exponential": lambda e, x: dl.exp(x),
    "hard_sigmoid": lambda e, x: dl.hard_sigmoid(x),
    "hard_silu": lambda e, x: dl.hard_swish(x),
    "hard_swish": lambda e, x: dl.hard_swish(x),
    "hard_tanh": lambda e, x: dl.clip(x, low=-1.0, high=1.0),
    "leaky_relu": lambda e, x: dl.leaky_relu(x, alpha=0.2),
    "mish": lambda e, x: dl.mish(x),
    "squareplus": lambda e, x: (x + dl.sqrt(x * x + 4.0)) * 0.5,
    "soft_shrink": lambda e, x: dl.sign(x) * dl.relu(dl.abs(x) - 0.5),
    "hard_shrink": lambda e, x: dl.select(dl.greater(dl.abs(x), 0.5), x, x * 0.0),
    "tanh_shrink": lambda e, x: x - dl.tanh(x),
    # dlc's own, for single neurons.
    "unit_step": lambda e, x: dl.unit_step(x),
    "step": lambda e, x: e.cast(dl.greater(x, 0.0), x.element),
    "sign": lambda e, x: dl.sign(x),
    "piecewise_linear": lambda e, x: dl.piecewise_linear(x),
}


def name_of_activation(which: Named | None) -> str:
    """The name in the configuration of an activation."""
    if isinstance(which, dict):
        which = which.get("config") if which.get("class_name") == "function" else which
        if isinstance(which, dict):
            which = which.get("config", {}).get("name") or which.get("class_name")
    return which or "linear"


def activate(e: Emitter, which: Named | None, x: ir.Value) -> ir.Value:
    name = name_of_activation(which)
    if name not in ACTIVATIONS:
        raise ir.IRError(f"activation '{name}' is none of {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name](e, x)


@layer("Activation")
def activation(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return activate(e, item["activation"], x)


@layer("ReLU")
def relu(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    slope, threshold = item.get("negative_slope") or 0.0, item.get("threshold") or 0.0
    high = item.get("max_value")
    if threshold:
        below = (x - threshold) * slope if slope else x * 0.0
        y = dl.select(dl.greater_equal(x, threshold), x, below)
    else:
        y = dl.leaky_relu(x, alpha=slope) if slope else dl.relu(x)
    return y if high is None else dl.clip(y, high=high)


@layer("LeakyReLU")
def leaky_relu(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return dl.leaky_relu(x, alpha=item.get("negative_slope", 0.3))


@layer("ELU")
def elu(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return dl.elu(x, alpha=item.get("alpha", 1.0))


@layer("Softmax")
def softmax(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None) -> ir.Value:
    if mask is not None:
        x = x + e.cast(dl.not_(mask), x.element) * -3e4
    axis = item.get("axis", -1)
    if isinstance(axis, (list, tuple)):
        if len(axis) != 1:
            raise UnknownLayers(f"{item.path} (Softmax of several axes)")
        axis = axis[0]
    return dl.softmax(x, axis=axis)


@layer("PReLU")
def prelu(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    shared = set(item.get("shared_axes") or ())
    shape = [1 if d in shared else x.shape[d] for d in range(1, x.rank)]
    if None in shape:
        raise ir.IRError(f"{item.path}: the input has the shape {list(x.shape)}; its extents must "
                         "be known, or their axes be shared_axes")
    alpha = e.weight(item, "alpha", shape, item.get("alpha_initializer"),
                     regularizer=item.get("alpha_regularizer"),
                     constraint=item.get("alpha_constraint"))
    return dl.relu(x) - alpha * dl.relu(-x)


#--- Dense -----------------------------------------------------------------------------

def of_weight(item: Layer, name: str) -> dict[str, Any]:
    """The configuration of a weight, whose keys begin with this word."""
    return {"initializer": item.get(f"{name}_initializer"),
            "regularizer": item.get(f"{name}_regularizer"),
            "constraint": item.get(f"{name}_constraint")}


def kernel_and_bias(e: Emitter, item: Layer, shape: Sequence[int | None],
                    bias: Sequence[int]) -> tuple[ir.Value, ir.Value | None]:
    """Weights under Keras's names."""
    w = e.weight(item, "kernel", shape, **of_weight(item, "kernel"))
    b = e.weight(item, "bias", bias, **of_weight(item, "bias")) \
        if item.get("use_bias", True) else None
    return w, b


@layer("Dense")
def dense(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    units, inputs = item["units"], e.known(item, x)
    w, b = kernel_and_bias(e, item, (inputs, units), (units,))
    if x.rank == 1:
        raise ir.IRError(f"{item.path}: the input has the shape {list(x.shape)}, expected two "
                         "dimensions or more")
    return activate(e, item.get("activation"), dl.dense(x, w, b))


@layer("EinsumDense")
def einsum_dense(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    from .attention import einsum
    equation = item["equation"].replace(" ", "")
    left, result = equation.split("->")
    given, kernel = left.split(",")
    letters = dict(zip(given[::-1] if given.startswith("...") else given,
                       x.shape[::-1] if given.startswith("...") else x.shape))
    wanted = item["output_shape"]
    wanted = [wanted] if isinstance(wanted, int) else list(wanted)
    tail = result[-len(wanted):]
    letters.update({c: extent for c, extent in zip(tail, wanted) if extent is not None})
    shape = [letters[c] for c in kernel]
    axes = item.get("bias_axes")
    w = e.weight(item, "kernel", shape, item.get("kernel_initializer"),
                 regularizer=item.get("kernel_regularizer"),
                 constraint=item.get("kernel_constraint"))
    y = einsum(e, equation, x, w)
    if axes:
        first = min(result.index(c) for c in axes)
        b = e.weight(item, "bias", [letters[c] if c in axes else 1 for c in result[first:]],
                     item.get("bias_initializer"), regularizer=item.get("bias_regularizer"),
                     constraint=item.get("bias_constraint"))
        y = y + b
    return activate(e, item.get("activation"), y)


@layer("Perceptron", "Adaline")
def neuron(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    units = item.get("units", 1)
    w, b = kernel_and_bias(e, item, (x.shape[-1], units), (units,))
    default = "step" if item.class_name == "Perceptron" else "linear"
    sums = dl.dense(x, w, b)
    y = activate(e, item.get("activation") or default, sums)
    cast("Any", y).sums = sums  # the value that the perceptron rule updates
    return y


#--- Shapes ----------------------------------------------------------------------------

@layer("InputLayer", "Identity", "Masking", "ActivityRegularization")
def identity(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    if item.class_name == "Masking":
        seen = dl.not_equal(x, item.get("mask_value", 0.0))
        mask = dl.greater(dl.reduce_max(e.cast(seen, "f32"), axes=[-1]), 0.0)
        x = x * e.unsqueeze(e.cast(mask, x.element), -1)
        cast("Any", x).mask = mask
    if item.class_name == "ActivityRegularization":
        add_activity_loss(e, {"class_name": "L1L2", "config": item.config}, x)
    return x


def add_activity_loss(e: Emitter, which: Named, x: ir.Value) -> None:
    """Adds an activity regulariser to the loss, per sample."""
    from .penalties import penalty
    term = penalty(e, which, x)
    if term is not None:
        e.losses.append(term / e.cast(_batch(e, x), "f32"))


def _batch(e: Emitter, x: ir.Value) -> ir.Value:
    """The number of samples of x, as a tensor of rank 0."""
    first = e.extent(x, 0)
    if not isinstance(first, ir.Value):
        return e.module.constant(first, "i64")
    number = e.module._op("arith.index_cast", [first], None, ["i64"])[0]
    return e.module._op("tensor.from_elements", [number], None, ["tensor<i64>"])[0]


@layer("Flatten")
def flatten(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    if item.get("data_format") == "channels_first" and x.rank > 2:
        x = e.transpose(x, [0, *range(2, x.rank), 1])
    return e.unsqueeze(x, -1) if x.rank == 1 else dl.flatten(x)


@layer("Reshape")
def reshape(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return e.reshape(x, [e.extent(x, 0), *item["target_shape"]])


@layer("Permute")
def permute(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return e.transpose(x, [0, *item["dims"]])


@layer("RepeatVector")
def repeat_vector(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    return e.broadcast(e.unsqueeze(x, 1), [e.extent(x, 0), item["n"], e.extent(x, 1)])


def _pairs(value: Any, rank: int) -> list[tuple[int, int]]:
    """Padding or cropping as a pair for each spatial dimension."""
    values = [value] * rank if isinstance(value, int) else list(value)
    if rank == 1 and len(values) == 2 and all(isinstance(v, int) for v in values):
        return [(values[0], values[1])]
    return [(v, v) if isinstance(v, int) else tuple(v) for v in values]


@layer("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    pairs = _pairs(item["padding"], x.rank - 2)
    first = 2 if item.get("data_format") == "channels_first" else 1
    low, high = [0] * x.rank, [0] * x.rank
    for d, (before, after) in enumerate(pairs):
        low[first + d], high[first + d] = before, after
    return dl.pad(x, low=low, high=high)


@layer("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    pairs = _pairs(item["cropping"], x.rank - 2)
    first = 2 if item.get("data_format") == "channels_first" else 1
    for d, (before, after) in enumerate(pairs):
        x = e.slice(x, first + d, before, -after if after else None)
    return x


@layer("Rescaling")
def rescaling(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    x = e.cast(x, "f32")
    return x * e.module.constant(item["scale"], "f32") + e.module.constant(item["offset"], "f32")


@layer("Normalization")
def normalization(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    axis = item.get("axis", -1)
    axes = [axis] if isinstance(axis, int) else list(axis or ())
    axes = [a % x.rank for a in axes]
    shape = [x.shape[a] for a in axes]
    given = item.get("mean") is not None
    mean, variance = (
        e.module.constant(item[key], "f32") if given else
        e.weight(item, key, shape, {"class_name": "Ones" if key == "variance" else "Zeros",
                                    "config": {}}, trainable=False)
        for key in ("mean", "variance"))
    spread = [x.shape[d] if d in axes else 1 for d in range(x.rank)]
    if mean.rank and (not given or mean.rank == len(axes)):
        mean, variance = e.reshape(mean, spread), e.reshape(variance, spread)
    deviation = dl.maximum(dl.sqrt(variance), 1e-7)
    x = e.cast(x, "f32")
    return mean + x * deviation if item.get("invert") else (x - mean) / deviation


@layer("Embedding")
def embedding(e: Emitter, item: Layer, x: ir.Value) -> ir.Value:
    table = e.weight(item, "embeddings", (item["input_dim"], item["output_dim"]),
                     item.get("embeddings_initializer"),
                     regularizer=item.get("embeddings_regularizer"),
                     constraint=item.get("embeddings_constraint"))
    index = x if x.element in ("i32", "i64") else e.cast(x, "i64")
    y = dl.gather(table, index)
    if item.get("mask_zero"):
        cast("Any", y).mask = dl.not_equal(index, 0)
    return y


@layer("TimeDistributed")
def time_distributed(e: Emitter, item: Layer, x: ir.Value,
                     mask: ir.Value | None = None) -> ir.Value:
    from .model import emit_model, is_model
    inner = item.wrapped()

    def applied(x: ir.Value) -> ir.Value:
        y: ir.Value = emit_model(e, item["layer"], x, item.path, item.trainable) \
            if is_model(item["layer"]) else emit(e, inner, x)
        return y

    if _remembers(item["layer"], e.training):
        if x.shape[1] is None:
            raise UnknownLayers(f"{item.path} (TimeDistributed of a layer that each step changes, "
                                f"of {list(x.shape)}: how many steps must be known)")
        parts = [applied(e.squeeze(e.slice(x, 1, t, t + 1), 1)) for t in range(x.shape[1])]
        return dl.concat([e.unsqueeze(y, 1) for y in parts], axis=1)
    batch, steps = e.extent(x, 0), e.extent(x, 1)
    flat = e.reshape(x, [e.product([batch, steps]), *[e.extent(x, d) for d in range(2, x.rank)]])
    y = applied(flat)
    return e.reshape(y, [batch, steps, *[e.extent(y, d) for d in range(1, y.rank)]])


def _remembers(item: Any, training: bool) -> bool:
    """Whether a layer, or one in it, carries state to the next step, or uses statistics of each
    step."""
    if isinstance(item, dict):
        return bool(item.get("stateful")) or \
            training and item.get("class_name") == "BatchNormalization" or \
            any(_remembers(v, training) for v in item.values())
    return isinstance(item, (list, tuple)) and any(_remembers(v, training) for v in item)


