# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cells of recurrent layers: one step, its weights, and dropout in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import dl
from .core import activate
from .emitter import Layer, UnknownLayers
from .random import _dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .. import ir
    from .emitter import Emitter, Extent, Function, Named

    States = Sequence[ir.Value]
    Stepped = tuple[ir.Value, list[ir.Value]]  # an output, and the next states

GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_CELLS: dict[str, Callable[[Emitter, Layer, ir.Value, States], Stepped]] = {}


def cell(*names: str) -> Callable[[Function], Function]:
    """Registers a cell: (e, item, x, states) -> (output, next states)."""
    def register(function: Function) -> Function:
        for name in names:
            _CELLS[name] = function
        return function
    return register


#--- Weights ---------------------------------------------------------------------------

def kind_of(item: Layer) -> str:
    return item.class_name.removesuffix("Cell")


def weights(e: Emitter, item: Layer,
            inputs: int | None) -> tuple[ir.Value, ir.Value, ir.Value | None]:
    """Kernel, recurrent kernel and bias (or None) of a gated layer or its cell."""
    kind, units = kind_of(item), item["units"]
    columns = GATES[kind] * units

    def more(name: str, default: Named | None) -> dict[str, Any]:
        return {"initializer": item.get(f"{name}_initializer", default),
                "regularizer": item.get(f"{name}_regularizer"),
                "constraint": item.get(f"{name}_constraint")}

    w = e.weight(item, "kernel", (inputs, columns), **more("kernel", "glorot_uniform"))
    u = e.weight(item, "recurrent_kernel", (units, columns),
                 **more("recurrent", "orthogonal"))
    if not item.get("use_bias", True):
        return w, u, None
    bias = more("bias", None)
    shape: tuple[int, ...] = (columns,)
    if kind == "GRU" and item.get("reset_after", True):
        shape = (2, columns)
    if kind == "LSTM" and item.get("unit_forget_bias", True):
        bias["initializer"] = {"class_name": "ForgetBias", "config": {
            "units": units, "rest": bias["initializer"]}}
    return w, u, e.weight(item, "bias", shape, **bias)


def split(e: Emitter, x: ir.Value, count: int) -> list[ir.Value]:
    """Splits the last dimension into equal parts."""
    size = cast("int", x.shape[-1]) // count
    return [e.slice(x, x.rank - 1, i * size, (i + 1) * size) for i in range(count)]


def each_gate(e: Emitter, x: ir.Value, w: ir.Value, factors: Sequence[ir.Value],
              product: Callable[[ir.Value, ir.Value], ir.Value]) -> ir.Value:
    """product(x, w), whose last dimension is the gates side by side. factors: one of x for all
    gates, or one for each."""
    if len(factors) < 2:
        return product(x * factors[0] if factors else x, w)
    parts = [product(x * f, part) for f, part in zip(factors, split(e, w, len(factors)))]
    return dl.concat(parts, axis=parts[0].rank - 1)


#--- What is dropped ----------------------------------------------------------------------

def rate_of(item: Layer, name: str) -> float:
    """A dropout rate. Keras's cells drop nothing if it is 1."""
    rate = float(item.get(name) or 0.0)
    return rate if 0.0 < rate < 1.0 else 0.0


def choose(e: Emitter, item: Layer, inputs: Sequence[Extent], states: Sequence[Extent],
           is_conv: bool = False) -> None:
    """Draws the dropout masks of a cell before the steps, so they are the same for all steps. Where
    Keras's cell has a mask for each gate, so has this one.

    inputs, states: extents of its input and its first state."""
    if not e.training and not e.marks_dropout:
        return
    rate, recurrent = rate_of(item, "dropout"), rate_of(item, "recurrent_dropout")
    count = 4 if is_conv else GATES[kind_of(item)] if recurrent else 1

    def drawn(extents: Sequence[Extent], share: float) -> list[ir.Value]:
        return [_dropped(e, e.full(extents, 1.0), share) for _ in range(count)] if share else []

    item.choices.inputs, item.choices.states = drawn(inputs, rate), drawn(states, recurrent)


def prepare(e: Emitter, item: Layer, batch: Extent, features: Sequence[int | None]) -> None:
    """Prepares a cell before its steps: inner cells, and dropout masks."""
    if item.class_name == "StackedRNNCells":
        for inner in stacked(item):
            prepare(e, inner, batch, features)
            features = state_sizes(inner)[0]
    elif kind_of(item) in GATES:
        known = [f for f in features if f is not None]
        if len(known) == len(features):
            choose(e, item, [batch, *known], [batch, item["units"]])


#--- Cells ---------------------------------------------------------------------------

def _dense(e: Emitter, item: Layer, x: ir.Value, w: ir.Value, b: ir.Value | None) -> ir.Value:
    """x W + b for all gates."""
    if not item.choices.inputs:
        return dl.dense(x, w, b)
    y = each_gate(e, x, w, item.choices.inputs, dl.matmul)
    return y if b is None else y + b


def _recurrent(e: Emitter, item: Layer, h: ir.Value, u: ir.Value) -> ir.Value:
    """h U for all gates."""
    return each_gate(e, h, u, item.choices.states, dl.matmul)


@cell("SimpleRNN", "SimpleRNNCell")
def simple_rnn_cell(e: Emitter, item: Layer, x: ir.Value,
                    states: States) -> Stepped:
    (h,) = states
    w, u, b = weights(e, item, x.shape[-1])
    y = activate(e, item.get("activation", "tanh"),
                 _dense(e, item, x, w, b) + _recurrent(e, item, h, u))
    return y, [y]


@cell("LSTM", "LSTMCell")
def lstm_cell(e: Emitter, item: Layer, x: ir.Value,
              states: States) -> Stepped:
    h, c = states
    w, u, b = weights(e, item, x.shape[-1])
    i, f, g, o = split(e, _dense(e, item, x, w, b) + _recurrent(e, item, h, u), 4)
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")
    c = activate(e, gate, f) * c + activate(e, gate, i) * activate(e, inner, g)
    y = activate(e, gate, o) * activate(e, inner, c)
    return y, [y, c]


@cell("GRU", "GRUCell")
def gru_cell(e: Emitter, item: Layer, x: ir.Value,
             states: States) -> Stepped:
    (h,) = states
    w, u, b = weights(e, item, x.shape[-1])
    units, factors = item["units"], item.choices.states
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")
    if item.get("reset_after", True):
        own, recurrent = (None, None) if b is None else [
            e.squeeze(e.slice(b, 0, k, k + 1), 0) for k in (0, 1)]
        xz, xr, xn = split(e, _dense(e, item, x, w, own), 3)
        product = _recurrent(e, item, h, u) if factors else dl.dense(h, u, recurrent)
        product = product + recurrent if factors and recurrent is not None else product
        hz, hr, hn = split(e, product, 3)
        z, r = activate(e, gate, xz + hz), activate(e, gate, xr + hr)
        n = activate(e, inner, xn + r * hn)
    else:
        xz, xr, xn = split(e, _dense(e, item, x, w, b), 3)
        uz, un = e.slice(u, 1, 0, 2 * units), e.slice(u, 1, 2 * units, None)
        hz, hr = split(e, each_gate(e, h, uz, factors[:2], dl.matmul), 2)
        z, r = activate(e, gate, xz + hz), activate(e, gate, xr + hr)
        kept = h * factors[-1] if factors else h
        n = activate(e, inner, xn + dl.matmul(r * kept, un))
    y = z * h + (1.0 - z) * n
    return y, [y]


@cell("StackedRNNCells")
def stacked_cells(e: Emitter, item: Layer, x: ir.Value,
                  states: States) -> Stepped:
    states = list(states)
    after: list[ir.Value] = []
    for inner in stacked(item):
        size = len(state_sizes(inner))
        x, now = _CELLS[inner.class_name](e, inner, x, states[:size])
        states, after = states[size:], [*after, *now]
    return x, after


@cell("__traced__")
def traced_cell(e: Emitter, item: Layer, x: ir.Value,
                states: States) -> Stepped:
    """A custom cell, which was traced on symbolic tensors."""
    from .model import emit_model
    parent = item.path.rpartition("/")[0]
    y, *after = emit_model(e, item["model"], [x, *states], parent, item.trainable)
    return y, after


def stacked(item: Layer) -> list[Layer]:
    """The cells of a stack. They are the same objects each time, because they hold dropout masks.
    """
    if not item.inner:
        item.inner = [Layer(c["class_name"], c["config"],
                            f"{item.path}/{c['config'].get('name', k)}", item.trainable)
                      for k, c in enumerate(item["cells"])]
    return item.inner


def state_sizes(item: Layer) -> list[tuple[int, ...]]:
    """Extents of the states after the batch."""
    kind = kind_of(item)
    if kind == "__traced__":
        return [tuple(s) for s in item["state_sizes"]]
    if kind == "StackedRNNCells":
        return [s for c in stacked(item) for s in state_sizes(c)]
    if item.class_name not in _CELLS:
        raise UnknownLayers(f"{item.path} ({item.class_name}, a cell)")
    return [(item["units"],)] * (2 if kind == "LSTM" else 1)
