# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention, and products in einsum notation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import dl, ir
from .core import add_activity_loss, of_weight
from .emitter import UnknownLayers, layer
from .random import _dropped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .emitter import Emitter, Layer

    Attended = ir.Value | tuple[ir.Value, ir.Value]  # the latter with the attention weights


def einsum(e: Emitter, equation: str, a: ir.Value, b: ir.Value) -> ir.Value:
    """A product of two tensors. Letters in both operands and in the result are the batch; letters
    in both operands only are summed over. `...` is the leading dimensions of a."""
    left, result = equation.replace(" ", "").split("->")
    first, second = left.split(",")
    if first.startswith("..."):
        rest = [chr(c) for c in range(65, 91) if chr(c) not in equation]
        lead = "".join(rest[:a.rank - len(first) + 3])
        first, result = lead + first[3:], lead + result[3:]
    batch = [c for c in first if c in second and c in result]
    inner = [c for c in first if c in second and c not in result]
    rows = [c for c in first if c not in second]
    columns = [c for c in second if c not in first]
    if any(c not in result for c in [*rows, *columns]):
        raise ir.IRError(f"einsum '{equation}' sums over a letter of one operand alone")
    extents = {c: e.extent(v, d) for v, letters in ((a, first), (b, second))
               for d, c in enumerate(letters)}

    def packed(v: ir.Value, letters: str, order: Sequence[Sequence[str]]) -> ir.Value:
        v = e.transpose(v, [letters.index(c) for group in order for c in group])
        return e.reshape(v, [e.product([extents[c] for c in group]) for group in order])

    if batch:
        y = dl.matmul(packed(a, first, [batch, rows, inner]),
                      packed(b, second, [batch, inner, columns]))
    else:
        y = dl.matmul(packed(a, first, [rows, inner]), packed(b, second, [inner, columns]))
    made = [*batch, *rows, *columns]
    y = e.reshape(y, [extents[c] for c in made])
    return e.transpose(y, [made.index(c) for c in result])


def _masked(e: Emitter, scores: ir.Value, mask: ir.Value | None) -> ir.Value:
    """Replaces masked scores by a large negative number, so that softmax gives 0 for them, or equal
    weights if all are masked.
    """
    return scores if mask is None else dl.select(
        mask, scores, -1e9 if scores.element == "f32" else -3e4)


def _places(e: Emitter, scores: ir.Value) -> list[ir.Value]:
    """For each score, the positions of its query and of its key."""
    shape = [e.extent(scores, scores.rank - 2), e.extent(scores, scores.rank - 1)]
    return [e._shaped("dl.iota", None, shape, element="i64", axis=a) for a in (0, 1)]


def _causal(e: Emitter, scores: ir.Value) -> ir.Value:
    """True where a query may attend: to its own position and those before."""
    return dl.greater_equal(*_places(e, scores))


def _near(e: Emitter, scores: ir.Value, window: int) -> ir.Value:
    """True where a query may attend: to fewer than `window` positions away."""
    looks, seen = _places(e, scores)
    return dl.less(dl.abs(looks - seen), window)


def _both(a: ir.Value | None, b: ir.Value) -> ir.Value:
    return b if a is None else a if b is None else dl.and_(a, b)


def _projected(e: Emitter, item: Layer, x: ir.Value, name: str, count: int,
               features: int) -> ir.Value:
    """Projects to `[..., features]` for each of several heads."""
    inner = item.child(name)
    w = e.weight(inner, "kernel", (x.shape[-1], count, features), **of_weight(item, "kernel"))
    y = einsum(e, "...a,abc->...bc", x, w)
    if item.get("use_bias", True):
        y = y + e.weight(inner, "bias", (count, features), **of_weight(item, "bias"))
    y = dl.sigmoid(y) if name == "gate" else y
    if item.get("activity_regularizer"):  # for each product, as in Keras
        add_activity_loss(e, item["activity_regularizer"], y)
    return y


def _of_scores(e: Emitter, item: Layer, mask: ir.Value, scores: ir.Value,
               count: int) -> ir.Value:
    """Gives a mask the dimensions of scores. Missing dimensions are inserted before the last ones,
    which are `count` for queries and `count` for keys."""
    lead, ones = mask.rank - 2 * count, scores.rank - 2 - (mask.rank - 2 * count)
    if lead < 0 or ones < 0:
        raise ir.IRError(f"{item.path}: the attention_mask has the shape {list(mask.shape)}, "
                         f"expected {2 * count} dimensions, of queries and of keys, after that "
                         "of the batch")
    mask = mask if mask.element == "i1" else dl.not_equal(mask, 0)
    extents = e.extents(mask)
    return e.reshape(mask, [*extents[:lead], *[1] * ones, e.product(extents[lead:lead + count]),
                            e.product(extents[lead + count:])])


@layer("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
def multi_head_attention(e: Emitter, item: Layer, query: ir.Value, value: ir.Value,
                         key: ir.Value | None = None, attention_mask: ir.Value | None = None,
                         query_mask: ir.Value | None = None, value_mask: ir.Value | None = None,
                         key_mask: ir.Value | None = None, use_causal_mask: bool = False,
                         return_attention_scores: bool = False) -> Attended:
    key = value if key is None else key
    heads, size = item.get("num_heads") or item["num_query_heads"], \
        item.get("key_dim") or item["head_dim"]
    groups = item.get("num_key_value_heads") or heads
    depth = item.get("value_dim") or size
    chosen = item.get("attention_axes")
    chosen = range(1, query.rank - 1) if chosen is None else \
        [chosen] if isinstance(chosen, int) else chosen
    axes = [a % query.rank for a in chosen]
    rest = [d for d in range(1, query.rank - 1) if d not in axes]

    def arranged(x: ir.Value) -> ir.Value:
        """Arranges as `[batch, other dimensions, heads, positions, features]`."""
        x = e.transpose(x, [0, *rest, x.rank - 2, *axes, x.rank - 1])
        shape = e.extents(x)
        at = 2 + len(rest)
        return x if len(axes) == 1 else e.reshape(
            x, [*shape[:at], e.product(shape[at:-1]), shape[-1]])

    projected = _projected(e, item, query, "query", heads, size)
    q = arranged(projected)
    k = arranged(_projected(e, item, key, "key", groups, size))
    gate = _projected(e, item, query, "gate", heads, depth) if item.get("use_gate") else None
    v = arranged(_projected(e, item, value, "value", groups, depth))
    if groups != heads:
        def repeated(x: ir.Value) -> ir.Value:
            batch, steps, features = (e.extent(x, d) for d in (0, 2, 3))
            x = e.broadcast(e.unsqueeze(x, 2), [batch, groups, heads // groups, steps, features])
            return e.reshape(x, [batch, heads, steps, features])
        k, v = repeated(k), repeated(v)
    order = [*range(k.rank - 2), k.rank - 1, k.rank - 2]
    scores = dl.matmul(q, e.transpose(k, order)) * (1.0 / math.sqrt(size))
    window = item.get("sliding_window")
    own = [m for m in (query_mask, value_mask, key_mask) if m is not None]
    if (own or use_causal_mask or window) and axes != [1]:
        raise UnknownLayers(f"{item.path} ({item.class_name} with attention_axes={axes}, where "
                            "masks of steps, use_causal_mask and sliding_window need [1])")
    seen = None if attention_mask is None else _of_scores(e, item, attention_mask, scores,
                                                          len(axes))
    for m in own:
        steps = [e.extent(m, 1), 1] if m is query_mask else [1, e.extent(m, 1)]
        seen = _both(seen, e.reshape(m, [e.extent(m, 0), *[1] * (scores.rank - 3), *steps]))
    if use_causal_mask:
        seen = _both(seen, _causal(e, scores))
    if window:
        seen = _both(seen, _near(e, scores, window))
    weights = dl.softmax(_masked(e, scores, seen))
    rate = item.get("dropout") or 0.0
    if seen is not None and (rate or return_attention_scores or query.rank != 3):
        weights = weights * e.cast(seen, weights.element)  # where all is masked, as in Keras
    y = dl.matmul(_dropped(e, weights, rate), v)
    y = _arranged_back(e, y, projected, rest, axes)
    y = y if gate is None else y * gate
    y = _joined_heads(e, item, y, heads, depth, query.shape[-1])
    if "head_dim" in item.config and item.get("activity_regularizer"):
        add_activity_loss(e, item["activity_regularizer"], y)  # twice, as in Keras
    if not return_attention_scores:
        return y
    if len(axes) > 1:
        shapes = [[e.extent(x, a) for a in axes] for x in (query, value)]
        weights = e.reshape(weights, [*e.extents(weights)[:-2], *shapes[0], *shapes[1]])
    return y, weights


def _arranged_back(e: Emitter, y: ir.Value, like: ir.Value, rest: list[int],
                   axes: list[int]) -> ir.Value:
    """The inverse: `[batch, dimensions of like, heads, features]`."""
    if len(axes) > 1:
        shape = e.extents(y)
        y = e.reshape(y, [*shape[:-2], *[e.extent(like, a) for a in axes], shape[-1]])
    now = [0, *rest, like.rank - 2, *axes, like.rank - 1]
    return e.transpose(y, [now.index(d) for d in range(like.rank)])


def _joined_heads(e: Emitter, item: Layer, y: ir.Value, heads: int, depth: int,
                  width: int | None) -> ir.Value:
    """The output projection, of all heads together."""
    inner, out = item.child("attention_output"), item.get("output_shape")
    shape = [width] if not out else [out] if isinstance(out, int) else list(out)
    letters = "defghijk"[:len(shape)]
    w = e.weight(inner, "kernel", (heads, depth, *shape), **of_weight(item, "kernel"))
    y = einsum(e, f"...bc,bc{letters}->...{letters}", y, w)
    if item.get("use_bias", True):
        y = y + e.weight(inner, "bias", shape, **of_weight(item, "bias"))
    return y


@layer("Attention", "AdditiveAttention")
def attention(e: Emitter, item: Layer, values: Sequence[ir.Value],
              mask: Sequence[ir.Value | None] | None = None, return_attention_scores: bool = False,
              use_causal_mask: bool = False) -> Attended:
    query, value, *rest = values
    key = rest[0] if rest else value
    if item.class_name == "AdditiveAttention":
        joined = dl.tanh(e.unsqueeze(query, 2) + e.unsqueeze(key, 1))
        if item.get("use_scale", True):
            joined = joined * e.weight(item, "scale", (query.shape[-1],), "glorot_uniform")
        scores = dl.reduce_sum(joined, axes=[-1])
    elif item.get("score_mode", "dot") == "concat":
        joined = dl.tanh(e.unsqueeze(query, 2) + e.unsqueeze(key, 1) if not item.get("use_scale")
                         else e.weight(item, "scale", (), "ones")
                         * (e.unsqueeze(query, 2) + e.unsqueeze(key, 1)))
        scores = e.weight(item, "concat_score_weight", (), "ones") * dl.reduce_sum(joined,
                                                                                 axes=[-1])
    else:
        scores = dl.matmul(query, e.transpose(key, [0, 2, 1]))
        if item.get("use_scale"):
            scores = scores * e.weight(item, "scale", (), "ones")
    seen = None
    if isinstance(mask, (list, tuple)) and len(mask) > 1 and mask[1] is not None:
        seen = e.unsqueeze(mask[1], 1)
    if use_causal_mask:
        seen = _both(seen, _causal(e, scores))
    weights = dl.softmax(_masked(e, scores, seen))
    y = dl.matmul(_dropped(e, weights, item.get("dropout") or 0.0), value)
    if isinstance(mask, (list, tuple)) and mask and mask[0] is not None:
        y = y * e.unsqueeze(e.cast(mask[0], y.element), -1)  # masked queries
    return (y, weights) if return_attention_scores else y
