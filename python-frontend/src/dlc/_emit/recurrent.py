"""Recurrent layers: dl's own where it has them, a scan over a cell everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import dl, ir
from .core import activate, name_of_activation
from .emitter import Layer, UnknownLayers, emit, layer
from .random import _dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .emitter import Emitter, Extent, Function, Named

    States = Sequence[ir.Value]
    Stepped = tuple[ir.Value, list[ir.Value]]  # an output, and the states after it
    Results = ir.Value | tuple[ir.Value, ...]

# Keras's activations that dl's recurrent ops take by name.
_DIRECT = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "softplus": "softplus",
           "softsign": "softsign", "elu": "elu", "selu": "selu", "silu": "silu",
           "exponential": "exp", "hard_sigmoid": "hard_sigmoid", "gelu": "gelu",
           "mish": "mish"}
_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_CELLS: dict[str, Callable[[Emitter, Layer, ir.Value, States], Stepped]] = {}


def cell(*names: str) -> Callable[[Function], Function]:
    """Registers a cell: (e, item, x, states) -> (output, next states)."""
    def register(function: Function) -> Function:
        for name in names:
            _CELLS[name] = function
        return function
    return register


#--- Weights ---------------------------------------------------------------------------

def _kind(item: Layer) -> str:
    return item.class_name.removesuffix("Cell")


def _weights(e: Emitter, item: Layer,
             inputs: int | None) -> tuple[ir.Value, ir.Value, ir.Value | None]:
    """Kernel, recurrent kernel and bias (None without) of a gated layer or its cell."""
    kind, units = _kind(item), item["units"]
    columns = _GATES[kind] * units

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


def _activations(item: Layer) -> list[str]:
    first = name_of_activation(item.get("activation", "tanh"))
    gates = name_of_activation(item.get("recurrent_activation", "sigmoid"))
    return {"SimpleRNN": [first], "GRU": [gates, first], "LSTM": [gates, first, first]}[
        _kind(item)]


#--- Cells ---------------------------------------------------------------------------

def _split(e: Emitter, x: ir.Value, count: int) -> list[ir.Value]:
    size = cast("int", x.shape[-1]) // count
    return [e.slice(x, x.rank - 1, i * size, (i + 1) * size) for i in range(count)]


@cell("SimpleRNN", "SimpleRNNCell")
def simple_rnn_cell(e: Emitter, item: Layer, x: ir.Value,
                    states: States) -> Stepped:
    (h,) = states
    w, u, b = _weights(e, item, x.shape[-1])
    y = activate(e, item.get("activation", "tanh"),
                 dl.dense(x, w, b) + dl.matmul(_kept(e, item, h), u))
    return y, [y]


@cell("LSTM", "LSTMCell")
def lstm_cell(e: Emitter, item: Layer, x: ir.Value,
              states: States) -> Stepped:
    h, c = states
    w, u, b = _weights(e, item, x.shape[-1])
    i, f, g, o = _split(e, dl.dense(x, w, b) + dl.matmul(_kept(e, item, h), u), 4)
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")
    c = activate(e, gate, f) * c + activate(e, gate, i) * activate(e, inner, g)
    y = activate(e, gate, o) * activate(e, inner, c)
    return y, [y, c]


@cell("GRU", "GRUCell")
def gru_cell(e: Emitter, item: Layer, x: ir.Value,
             states: States) -> Stepped:
    (h,) = states
    w, u, b = _weights(e, item, x.shape[-1])
    units, kept = item["units"], _kept(e, item, h)
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")
    if item.get("reset_after", True):
        own, recurrent = (None, None) if b is None else [
            e.squeeze(e.slice(b, 0, k, k + 1), 0) for k in (0, 1)]
        xz, xr, xn = _split(e, dl.dense(x, w, own), 3)
        hz, hr, hn = _split(e, dl.dense(kept, u, recurrent), 3)
        z, r = activate(e, gate, xz + hz), activate(e, gate, xr + hr)
        n = activate(e, inner, xn + r * hn)
    else:
        xz, xr, xn = _split(e, dl.dense(x, w, b), 3)
        uz, un = e.slice(u, 1, 0, 2 * units), e.slice(u, 1, 2 * units, None)
        hz, hr = _split(e, dl.matmul(kept, uz), 2)
        z, r = activate(e, gate, xz + hz), activate(e, gate, xr + hr)
        n = activate(e, inner, xn + dl.matmul(r * kept, un))
    y = z * h + (1.0 - z) * n
    return y, [y]


@cell("StackedRNNCells")
def stacked_cells(e: Emitter, item: Layer, x: ir.Value,
                  states: States) -> Stepped:
    states = list(states)
    after: list[ir.Value] = []
    for inner in _stacked(item):
        size = len(_state_sizes(inner))
        x, now = _CELLS[inner.class_name](e, inner, x, states[:size])
        states, after = states[size:], [*after, *now]
    return x, after


@cell("__traced__")
def traced_cell(e: Emitter, item: Layer, x: ir.Value,
                states: States) -> Stepped:
    """A user's cell, which was called on symbolic tensors."""
    from .model import emit_model
    parent = item.path.rpartition("/")[0]
    y, *after = emit_model(e, item["model"], [x, *states], parent, item.trainable)
    return y, after


def _stacked(item: Layer) -> list[Layer]:
    return [Layer(c["class_name"], c["config"], f"{item.path}/{c['config'].get('name', k)}",
                  item.trainable) for k, c in enumerate(item["cells"])]


def _state_sizes(item: Layer) -> list[tuple[int, ...]]:
    """Extents of the states behind the batch."""
    kind = _kind(item)
    if kind == "__traced__":
        return [tuple(s) for s in item["state_sizes"]]
    if kind == "StackedRNNCells":
        return [s for c in _stacked(item) for s in _state_sizes(c)]
    if item.class_name not in _CELLS:
        raise UnknownLayers(f"{item.path} ({item.class_name}, a cell)")
    return [(item["units"],)] * (2 if kind == "LSTM" else 1)


def _refuse_dropout(item: Layer) -> None:
    """A cell of RNN and a ConvLSTM have no dropout here."""
    asked = [k for k in ("dropout", "recurrent_dropout") if item.get(k)]
    if asked:
        raise UnknownLayers(f"{item.path} ({item.class_name} with {', '.join(asked)})")


def _kept(e: Emitter, item: Layer, h: ir.Value) -> ir.Value:
    """States with a share dropped: the same in each step, so it is chosen before them."""
    mask = getattr(item, "recurrent_mask", None)
    return h if mask is None else h * mask


#--- Layers ----------------------------------------------------------------------------

def _elements(x: ir.Value) -> str:
    """The type of x at one step of its second dimension."""
    return ir.type_of([x.shape[0], *x.shape[2:]], x.element)


def run(e: Emitter, step: Callable[[ir.Value, States], Stepped], x: ir.Value, states: States,
        output: ir.Value, reverse: bool = False, mask: ir.Value | None = None,
        zeroed: bool = False) -> Stepped:
    """(outputs `[B, T, ...]`, last states) of step(x at t, states) -> (output, next states).

    output: zeros of an output's shape, with a mask. Where the mask of a sample is false its
    states stay, and its output is that of the step before, or with `zeroed` 0."""
    carried = [*states, *([output] if mask is not None and not zeroed else [])]
    inputs = [x] if mask is None else [x, mask]
    with e.module.region(*[s.type for s in carried], *[_elements(v) for v in inputs]) as given:
        now, elements = given[:len(carried)], given[len(carried):]
        y, after = step(elements[0], now[:len(states)])
        if mask is not None:
            seen = elements[1]
            def chosen(new: ir.Value, old: ir.Value) -> ir.Value:
                shape = [e.extent(seen, 0), *[1] * (new.rank - 1)]
                return dl.select(e.reshape(seen, shape), new, old)
            after = [chosen(a, b) for a, b in zip(after, now)]
            y = chosen(y, y * 0.0 if zeroed else now[-1])
            if not zeroed:
                after.append(y)
        shape = [y.shape[0], x.shape[1], *y.shape[1:]]
        kind = ir.type_of(shape, y.element)
        e.module.op("dl.yield", after, [y])
    results = e.module.op("dl.scan", carried, inputs, axis=1, reverse=reverse, regions=1,
                          sizes=[len(carried), 1, 0], types=[*[s.type for s in carried], kind])
    return results[-1], list(results[:len(states)])


def _with_dropout(e: Emitter, item: Layer, x: ir.Value, batch: Extent) -> ir.Value:
    """x as the cell sees it; the choices are the same in all steps."""
    rate = item.get("dropout") or 0.0
    if rate and e.training:
        x = _dropped(e, x, rate, [batch, 1, e.extent(x, 2)])
    rate = item.get("recurrent_dropout") or 0.0
    if rate and e.training:
        item.recurrent_mask = _dropped(e, e.full([batch, item["units"]], 1.0, x.element), rate)
    return x


@layer("SimpleRNN", "LSTM", "GRU")
def gated(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
          initial_state: list[ir.Value] | tuple[ir.Value, ...] | ir.Value | None = None) -> Results:
    if x.rank != 3 or x.shape[2] is None:
        raise ir.IRError(f"{item.path}: the input has the shape {list(x.shape)}, expected "
                         "[batch, steps, features] with features that are known")
    kind, batch = _kind(item), e.extent(x, 0)
    states = initial_state
    if states is not None and not isinstance(states, (list, tuple)):
        states = [states]
    x = _with_dropout(e, item, x, batch)
    names = _activations(item)
    reverse = bool(item.get("go_backwards"))
    is_direct = mask is None and all(n in _DIRECT for n in names) and \
        getattr(item, "recurrent_mask", None) is None
    if is_direct:
        w, u, b = _weights(e, item, x.shape[-1])
        more: dict[str, Any] = {"direction": "reverse" if reverse else None}
        if kind == "GRU" and item.get("reset_after", True):
            more["linear_before_reset"] = True
            if b is not None:
                more["recurrent_bias"] = e.squeeze(e.slice(b, 0, 1, 2), 0)
                b = e.squeeze(e.slice(b, 0, 0, 1), 0)
        if states is not None:
            more.update(zip(("h0", "c0"), states))
        y, *finals = e.module.op(f"dl.{'rnn' if kind == 'SimpleRNN' else kind.lower()}", x, w, u,
                                 b, batch_first=True, activations=[_DIRECT[n] for n in names],
                                 **more)
    else:
        zeros = e.full([batch, item["units"]], 0.0, x.element)
        states = list(states) if states is not None else [zeros] * (2 if kind == "LSTM" else 1)
        y, finals = run(e, lambda x, s: _CELLS[kind](e, item, x, s), x, states, zeros, reverse,
                        mask, bool(item.get("zero_output_for_mask")))
    return _results(e, item, y, finals, reverse, mask)


def _results(e: Emitter, item: Layer, y: ir.Value, finals: States, reverse: bool,
             mask: ir.Value | None) -> Results:
    if item.get("return_sequences"):
        result = e.slice(y, 1, -1, None, -1) if reverse else y
        cast("Any", result).mask = mask
    else:
        result = finals[0] if len(finals) and item.class_name in _GATES else \
            e.squeeze(e.slice(y, 1, 0, 1) if reverse else e.slice(y, 1, -1, None), 1)
    return (result, *finals) if item.get("return_state") else result


@layer("RNN")
def rnn(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
        initial_state: States | None = None) -> Results:
    inside = item["cell"]
    inner = Layer(inside["class_name"], inside["config"],
                  f"{item.path}/{inside['config'].get('name', 'cell')}", item.trainable)
    for one in [inner] if inner.class_name != "StackedRNNCells" else _stacked(inner):
        _refuse_dropout(one)
    batch, sizes = e.extent(x, 0), _state_sizes(inner)
    states = initial_state or [e.full([batch, *s], 0.0, x.element) for s in sizes]
    reverse = bool(item.get("go_backwards"))
    y, finals = run(e, lambda x, s: _CELLS[inner.class_name](e, inner, x, s), x, list(states),
                    e.full([batch, *sizes[0 if inner.class_name != "StackedRNNCells" else -1]],
                           0.0, x.element), reverse, mask,
                    bool(item.get("zero_output_for_mask")))
    return _results(e, item, y, finals, reverse, mask)


@layer("Bidirectional")
def bidirectional(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
                  initial_state: States | None = None) -> Results:
    inside = item["layer"]
    other = item.get("backward_layer") or {
        "class_name": inside["class_name"],
        "config": {**inside["config"], "go_backwards": not inside["config"].get("go_backwards")}}
    results, states = [], list(initial_state or ())
    for k, (prefix, found) in enumerate((("forward", inside), ("backward", other))):
        config = found["config"]
        name = config.get("name", found["class_name"].lower())
        name = name if name.startswith(prefix) else f"{prefix}_{inside['config']['name']}"
        inner = Layer(found["class_name"], config, f"{item.path}/{name}", item.trainable)
        half = len(states) // 2
        more = {"initial_state": states[k * half:(k + 1) * half]} if states else {}
        results.append(emit(e, inner, x, **({"mask": mask} if mask is not None else {}), **more))
    finals = []
    if inside["config"].get("return_state"):
        finals = [s for r in results for s in r[1:]]
        results = [r[0] for r in results]
    forward, backward = results
    if inside["config"].get("return_sequences"):
        backward = e.slice(backward, 1, -1, None, -1)
    merge = item.get("merge_mode", "concat")
    merges: dict[str | None, Callable[[], Results]] = {
        "concat": lambda: dl.concat([forward, backward], axis=forward.rank - 1),
        "sum": lambda: forward + backward, "mul": lambda: forward * backward,
        "ave": lambda: (forward + backward) * 0.5, None: lambda: (forward, backward)}
    y = merges[merge]()
    if isinstance(y, tuple):
        return (*y, *finals)
    cast("Any", y).mask = mask if inside["config"].get("return_sequences") else None
    return (y, *finals) if finals else y


@layer("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
              initial_state: States | None = None) -> Results:
    if item.get("data_format") == "channels_first":
        raise UnknownLayers(f"{item.path} ({item.class_name}, channels first)")
    _refuse_dropout(item)
    from .convolution import extents
    rank, filters = x.rank - 3, item["filters"]
    kernel, strides, dilations = (extents(item.get(k, 1), rank)
                                  for k in ("kernel_size", "strides", "dilation_rate"))
    w = e.weight(item, "kernel", (*kernel, x.shape[-1], 4 * filters),
                 item.get("kernel_initializer"))
    u = e.weight(item, "recurrent_kernel", (*kernel, filters, 4 * filters),
                 item.get("recurrent_initializer", "orthogonal"))
    b = None
    if item.get("use_bias", True):
        rest = item.get("bias_initializer")
        b = e.weight(item, "bias", (4 * filters,), {"class_name": "ForgetBias", "config": {
            "units": filters, "rest": rest}} if item.get("unit_forget_bias", True) else rest)
    padding = {"auto_padding": "same"} if item["padding"].lower() == "same" else {}
    # What comes in does not depend on the states: one convolution over all steps.
    batch, steps = e.extent(x, 0), e.extent(x, 1)
    flat = e.reshape(x, [e.product([batch, steps]), *[e.extent(x, d) for d in range(2, x.rank)]])
    z = dl.conv(flat, w, b, strides=strides, dilations=dilations, **padding)
    shape = [e.extent(z, d) for d in range(1, z.rank)]
    z = e.reshape(z, [batch, steps, *shape])
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")

    def step(z: ir.Value, states: States) -> Stepped:
        h, c = states
        i, f, g, o = _split(e, z + dl.conv(h, u, auto_padding="same"), 4)
        c = activate(e, gate, f) * c + activate(e, gate, i) * activate(e, inner, g)
        y = activate(e, gate, o) * activate(e, inner, c)
        return y, [y, c]

    zeros = e.full([batch, *shape[:-1], filters], 0.0, x.element)
    reverse = bool(item.get("go_backwards"))
    y, finals = run(e, step, z, list(initial_state or [zeros, zeros]), zeros, reverse, mask)
    return _results(e, item, y, finals, reverse, mask)
