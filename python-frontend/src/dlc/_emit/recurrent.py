# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recurrent layers: dl's own ops where they fit, otherwise a scan over a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import dl, ir
from .cells import _CELLS, GATES, choose, kind_of, prepare, state_sizes, weights
from .core import name_of_activation
from .emitter import Layer, emit, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .cells import States, Stepped
    from .emitter import Emitter, Extent

    Results = ir.Value | tuple[ir.Value, ...]

# Activations of Keras that dl's recurrent ops accept by name.
_DIRECT = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "softplus": "softplus",
           "softsign": "softsign", "elu": "elu", "selu": "selu", "silu": "silu",
           "exponential": "exp", "hard_sigmoid": "hard_sigmoid", "gelu": "gelu",
           "mish": "mish"}


def _activations(item: Layer) -> list[str]:
    first = name_of_activation(item.get("activation", "tanh"))
    gates = name_of_activation(item.get("recurrent_activation", "sigmoid"))
    return {"SimpleRNN": [first], "GRU": [gates, first], "LSTM": [gates, first, first]}[
        kind_of(item)]


def _elements(x: ir.Value) -> str:
    """The type of x at one step of its second dimension."""
    return ir.type_of([x.shape[0], *x.shape[2:]], x.element)


def run(e: Emitter, step: Callable[[ir.Value, States], Stepped], x: ir.Value, states: States,
        reverse: bool = False, mask: ir.Value | None = None, zeroed: bool = False,
        output: int = 0) -> Stepped:
    """(outputs `[B, T, ...]`, last states) of step(x at t, states) -> (output, next states).

    Where the mask of a sample is false, its states are frozen. Its output is 0 with `zeroed`,
    otherwise the state with index `output`, which is the output of the previous step."""
    inputs = [x] if mask is None else [x, mask]
    with e.module.region(*[s.type for s in states], *[_elements(v) for v in inputs]) as given:
        now, elements = given[:len(states)], given[len(states):]
        y, after = step(elements[0], now)
        if mask is not None:
            seen = elements[1]
            def chosen(new: ir.Value, old: ir.Value) -> ir.Value:
                shape = [e.extent(seen, 0), *[1] * (new.rank - 1)]
                return dl.select(e.reshape(seen, shape), new, old)
            after = [chosen(a, b) for a, b in zip(after, now)]
            y = chosen(y, y * 0.0 if zeroed else now[output])
        shape = [y.shape[0], x.shape[1], *y.shape[1:]]
        kind = ir.type_of(shape, y.element)
        e.module.op("dl.yield", after, [y])
    results = e.module.op("dl.scan", states, inputs, axis=1, reverse=reverse, regions=1,
                          sizes=[len(states), 1, 0], types=[*[s.type for s in states], kind])
    return results[-1], list(results[:len(states)])


def first_states(e: Emitter, item: Layer, x: ir.Value, sizes: Sequence[Sequence[Extent]],
                 given: Any) -> list[ir.Value]:
    """The initial states: the given ones, those of a stateful layer from the previous call, or
    zeros. sizes: their extents after the batch."""
    if given is not None:
        return list(given) if isinstance(given, (list, tuple)) else [given]
    if not item.get("stateful"):
        return [e.full([e.extent(x, 0), *s], 0.0, x.element) for s in sizes]
    return [e.state(item, k, _state_shape(item, x, s)) for k, s in enumerate(sizes)]


def _state_shape(item: Layer, x: ir.Value, size: Sequence[Extent | None]) -> list[int]:
    known = [d for d in (x.shape[0], *size) if isinstance(d, int)]
    if len(known) != len(size) + 1:
        raise ir.IRError(f"{item.path}: {item.class_name} with stateful=True remembers a state of "
                         f"each sample, and the input has the shape {list(x.shape)}; its extents "
                         "must be known, expected an Input with batch_size or batch_shape")
    return known


def remember(e: Emitter, item: Layer, states: States) -> None:
    """A stateful layer begins its next call where this one ends."""
    if item.get("stateful"):
        for k, value in enumerate(states):
            e.state(item, k, _state_shape(item, value, value.shape[1:]))
            e.remember(item, k, value)


@layer("SimpleRNN", "LSTM", "GRU")
def gated(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
          initial_state: list[ir.Value] | tuple[ir.Value, ...] | ir.Value | None = None) -> Results:
    if x.rank != 3 or x.shape[2] is None:
        raise ir.IRError(f"{item.path}: the input has the shape {list(x.shape)}, expected "
                         "[batch, steps, features] with features that are known")
    kind, batch, units = kind_of(item), e.extent(x, 0), item["units"]
    choose(e, item, [batch, x.shape[2]], [batch, units])
    has_choices = bool(item.choices.states)
    if item.choices.inputs and not has_choices:  # for all steps, which are then one product
        x, item.choices.inputs = x * e.unsqueeze(item.choices.inputs[0], 1), []
    given = initial_state is not None or bool(item.get("stateful"))
    states = first_states(e, item, x, [(units,)] * (2 if kind == "LSTM" else 1), initial_state)
    names = _activations(item)
    reverse = bool(item.get("go_backwards"))
    if mask is None and all(n in _DIRECT for n in names) and not has_choices:
        w, u, b = weights(e, item, x.shape[-1])
        more: dict[str, Any] = {"direction": "reverse" if reverse else None}
        if kind == "GRU" and item.get("reset_after", True):
            more["linear_before_reset"] = True
            if b is not None:
                more["recurrent_bias"] = e.squeeze(e.slice(b, 0, 1, 2), 0)
                b = e.squeeze(e.slice(b, 0, 0, 1), 0)
        if given:
            more.update(zip(("h0", "c0"), states))
        y, *finals = e.module.op(f"dl.{'rnn' if kind == 'SimpleRNN' else kind.lower()}", x, w, u,
                                 b, batch_first=True, activations=[_DIRECT[n] for n in names],
                                 **more)
    else:
        y, finals = run(e, lambda x, s: _CELLS[kind](e, item, x, s), x, states, reverse, mask,
                        bool(item.get("zero_output_for_mask")))
    remember(e, item, finals)
    return returned(e, item, y, finals, reverse, mask)


def returned(e: Emitter, item: Layer, y: ir.Value, finals: States, reverse: bool,
             mask: ir.Value | None) -> Results:
    """What the layer returns: all outputs or the last, and the states."""
    if item.get("return_sequences"):
        result = e.slice(y, 1, -1, None, -1) if reverse else y
        cast("Any", result).mask = mask
    else:
        result = finals[0] if len(finals) and item.class_name in GATES else \
            e.squeeze(e.slice(y, 1, 0, 1) if reverse else e.slice(y, 1, -1, None), 1)
    return (result, *finals) if item.get("return_state") else result


@layer("RNN")
def rnn(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
        initial_state: States | None = None) -> Results:
    inside = item["cell"]
    if isinstance(inside, (list, tuple)):
        inside = {"class_name": "StackedRNNCells", "config": {"name": "stacked_rnn_cells",
                                                              "cells": inside}}
    inner = Layer(inside["class_name"], inside["config"],
                  f"{item.path}/{inside['config'].get('name', 'cell')}", item.trainable)
    sizes = state_sizes(inner)
    prepare(e, inner, e.extent(x, 0), x.shape[2:])
    states = first_states(e, item, x, sizes, initial_state)
    reverse = bool(item.get("go_backwards"))
    output = len(sizes) - len(state_sizes(inner.inner[-1])) if inner.inner else 0
    y, finals = run(e, lambda x, s: _CELLS[inner.class_name](e, inner, x, s), x, states, reverse,
                    mask, bool(item.get("zero_output_for_mask")), output)
    remember(e, item, finals)
    return returned(e, item, y, finals, reverse, mask)


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
