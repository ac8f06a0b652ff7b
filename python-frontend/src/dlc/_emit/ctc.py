# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Connectionist temporal classification (Graves et al., 2006): the probability of a sequence of
labels, over all ways to lay it over the steps, with blanks between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir
from .loss_terms import require_classes

if TYPE_CHECKING:
    from .emitter import Emitter

_NEVER = -1e5  # the logarithm of a probability of nearly 0, as Keras on JAX has it
BLANK = 0


def _either(a: ir.Value, b: ir.Value) -> ir.Value:
    """log(exp a + exp b)."""
    return dl.maximum(a, b) + dl.softplus(-dl.abs(a - b))


def ctc(e: Emitter, t: ir.Value, y: ir.Value) -> ir.Value:
    """t: labels `[B, L]`, 0 after the last; y: logits `[B, T, C]`, whose class 0 is the blank.

    After a step, blank[l] is the logarithm of the probability that l labels are there and a
    blank was last, label[l] that l + 1 are and the last of them was last.
    """
    classes, length = y.shape[-1], t.shape[-1]
    if y.rank != 3 or t.rank != 2 or classes is None or length is None:
        raise ir.IRError("ctc takes labels [batch, length] and logits [batch, steps, classes], of "
                         f"known length and classes, found {list(t.shape)} and {list(y.shape)}")
    t, logs = require_classes(e, t, classes), dl.log_softmax(y, axis=-1)
    batch = e.extent(y, 0)
    places = e.module.constant([[c] for c in range(classes)], t.element)
    of_labels = logs @ e.cast(dl.equal(e.unsqueeze(t, 1), places), "f32")
    of_blank = e.slice(logs, 2, BLANK, BLANK + 1)
    # A label that stands there twice in a row has a blank in between.
    twice = dl.equal(e.slice(t, 1, 0, -1), e.slice(t, 1, 1, None))
    twice = dl.pad(e.cast(twice, "f32"), low=[0, 0], high=[0, 1])
    none = e.full([batch, length], _NEVER)
    states = [dl.concat([e.full([batch, 1], 0.0), none], axis=1), none]

    def joined(blank: ir.Value, more: ir.Value) -> ir.Value:
        return dl.concat([e.slice(blank, 1, 0, 1), _either(e.slice(blank, 1, 1, None), more)],
                         axis=1)

    kinds = [ir.type_of([v.shape[0], v.shape[2]]) for v in (of_labels, of_blank)]
    with e.module.region(*[s.type for s in states], *kinds) as (blank, label, own, pause):
        before = joined(blank, label + twice * _NEVER)
        next_label = _either(e.slice(before, 1, 0, -1) + own, label + own)
        next_blank = joined(before + pause, label + pause + (1.0 - twice) * _NEVER)
        e.module.op("dl.yield", [next_blank, next_label], [])
    blank, label = e.module.op("dl.scan", states, [of_labels, of_blank], axis=1, regions=1,
                               sizes=[2, 0, 0], types=[s.type for s in states])
    last = joined(blank, label)
    count = dl.reduce_sum(e.cast(dl.not_equal(t, BLANK), "f32"), axes=[1], keep_dims=True)
    wanted = dl.equal(e.module.constant(list(range(length + 1)), "f32"), count)
    return -dl.reduce_sum(dl.select(wanted, last, last * 0.0), axes=[1])
