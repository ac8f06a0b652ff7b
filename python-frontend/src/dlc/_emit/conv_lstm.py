# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""LSTMs with convolutions as products (Shi et al., 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .cells import choose, each_gate, split
from .convolution import extents
from .core import activate, of_weight
from .emitter import layer
from .recurrent import first_states, remember, returned, run

if TYPE_CHECKING:
    from typing import Any

    from .. import ir
    from .cells import States, Stepped
    from .emitter import Emitter, Layer
    from .recurrent import Results


@layer("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(e: Emitter, item: Layer, x: ir.Value, mask: ir.Value | None = None,
              initial_state: States | None = None) -> Results:
    """Computed with channels last; states keep the layer's order of channels."""
    is_first = item.get("data_format") == "channels_first"

    def last(v: ir.Value, lead: int) -> ir.Value:
        """lead: the number of dimensions before spatial ones and channels."""
        return e.transpose(v, [*range(lead), *range(lead + 1, v.rank), lead]) if is_first else v

    def first(v: ir.Value, lead: int) -> ir.Value:
        return e.transpose(v, [*range(lead), v.rank - 1, *range(lead, v.rank - 1)]) \
            if is_first else v

    x = last(x, 2)
    rank, filters = x.rank - 3, item["filters"]
    kernel, strides, dilations = (extents(item.get(k, 1), rank)
                                  for k in ("kernel_size", "strides", "dilation_rate"))
    w, u, b = _weights(e, item, (*kernel, x.shape[-1]), kernel, filters)
    padding = {"auto_padding": "same"} if item["padding"].lower() == "same" else {}
    batch, steps = e.extent(x, 0), e.extent(x, 1)
    places = [e.extent(x, d) for d in range(2, x.rank)]

    def incoming(x: ir.Value) -> ir.Value:
        """The part of the gates that depends on inputs only, for all steps at once."""
        flat = e.reshape(x, [e.product([batch, steps]), *places])
        return dl.conv(flat, w, b, strides=strides, dilations=dilations, **padding)

    shape = e.extents(incoming(x))[1:-1]
    choose(e, item, [batch, *places], [batch, *shape, filters], is_conv=True)
    if item.choices.inputs:
        factors = [e.unsqueeze(f, 1) for f in item.choices.inputs]
        z = each_gate(e, x, w, factors, lambda x, w: dl.conv(
            e.reshape(x, [e.product([batch, steps]), *places]), w, strides=strides,
            dilations=dilations, **padding))
        z = z if b is None else z + b
    else:
        z = incoming(x)
    z = e.reshape(z, [batch, steps, *shape, 4 * filters])
    gate, inner = item.get("recurrent_activation", "sigmoid"), item.get("activation", "tanh")

    def step(z: ir.Value, states: States) -> Stepped:
        h, c = states
        own = each_gate(e, h, u, item.choices.states,
                        lambda h, u: dl.conv(h, u, auto_padding="same"))
        i, f, g, o = split(e, z + own, 4)
        c = activate(e, gate, f) * c + activate(e, gate, i) * activate(e, inner, g)
        y = activate(e, gate, o) * activate(e, inner, c)
        return y, [y, c]

    size = [filters, *shape] if is_first else [*shape, filters]
    states = [last(s, 1) for s in first_states(e, item, x, [size, size], initial_state)]
    reverse = bool(item.get("go_backwards"))
    y, finals = run(e, step, z, states, reverse, mask, bool(item.get("zero_output_for_mask")))
    finals = [first(s, 1) for s in finals]
    remember(e, item, finals)
    return returned(e, item, first(y, 2), finals, reverse, mask)


def _weights(e: Emitter, item: Layer, inputs: tuple[int | None, ...], kernel: list[int],
             filters: int) -> tuple[ir.Value, ir.Value, ir.Value | None]:
    """Kernel, recurrent kernel and bias (or None)."""
    w = e.weight(item, "kernel", (*inputs, 4 * filters), **of_weight(item, "kernel"))
    recurrent: dict[str, Any] = of_weight(item, "recurrent")
    recurrent["initializer"] = item.get("recurrent_initializer", "orthogonal")
    u = e.weight(item, "recurrent_kernel", (*kernel, filters, 4 * filters), **recurrent)
    if not item.get("use_bias", True):
        return w, u, None
    bias: dict[str, Any] = of_weight(item, "bias")
    if item.get("unit_forget_bias", True):
        bias["initializer"] = {"class_name": "ForgetBias", "config": {
            "units": filters, "rest": bias["initializer"]}}
    return w, u, e.weight(item, "bias", (4 * filters,), **bias)
