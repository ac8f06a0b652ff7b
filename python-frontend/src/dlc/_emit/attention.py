"""Attention, and products by einsum's notation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import dl, ir
from .emitter import layer
from .random import _dropped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .emitter import Emitter, Layer

    Attended = ir.Value | tuple[ir.Value, ir.Value]  # the latter with the weights


def einsum(e: Emitter, equation: str, a: ir.Value, b: ir.Value) -> ir.Value:
    """A product of two tensors: letters of both and of the result are the batch, letters of
    both alone are summed over. `...` stands for the leading dimensions of a."""
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
    """Scores that softmax makes 0 where the mask is false."""
    return scores if mask is None else scores + e.cast(dl.not_(mask), scores.element) * -3e4


def _causal(e: Emitter, scores: ir.Value) -> ir.Value:
    """True where a place may look: at itself and before."""
    rows, columns = e.extent(scores, scores.rank - 2), e.extent(scores, scores.rank - 1)
    places = [e._shaped("dl.iota", None, [rows, columns], element="i64", axis=a) for a in (0, 1)]
    return dl.greater_equal(places[0], places[1])


def _both(a: ir.Value | None, b: ir.Value) -> ir.Value:
    return b if a is None else a if b is None else dl.and_(a, b)


@layer("MultiHeadAttention", "GroupedQueryAttention")
def multi_head_attention(e: Emitter, item: Layer, query: ir.Value, value: ir.Value,
                         key: ir.Value | None = None, attention_mask: ir.Value | None = None,
                         mask: ir.Value | None = None, query_mask: ir.Value | None = None,
                         use_causal_mask: bool = False,
                         return_attention_scores: bool = False) -> Attended:
    key = value if key is None else key
    heads, size = item.get("num_heads") or item.get("num_query_heads"), \
        item.get("key_dim") or item.get("head_dim")
    groups = item.get("num_key_value_heads") or heads
    depth = item.get("value_dim") or size
    width = query.shape[-1]

    def project(x: ir.Value, name: str, count: int, features: int) -> ir.Value:
        inner = item.child(name)
        w = e.weight(inner, "kernel", (x.shape[-1], count, features),
                     item.get("kernel_initializer"), regularizer=item.get("kernel_regularizer"))
        y = einsum(e, "...a,abc->...bc", x, w)
        if item.get("use_bias", True):
            y = y + e.weight(inner, "bias", (count, features), item.get("bias_initializer"))
        return e.transpose(y, [0, 2, 1, 3])  # [batch, heads, steps, features]

    q = project(query, "query", heads, size)
    k, v = project(key, "key", groups, size), project(value, "value", groups, depth)
    if groups != heads:
        def repeated(x: ir.Value) -> ir.Value:
            batch, steps, features = (e.extent(x, d) for d in (0, 2, 3))
            x = e.broadcast(e.unsqueeze(x, 2), [batch, groups, heads // groups, steps, features])
            return e.reshape(x, [batch, heads, steps, features])
        k, v = repeated(k), repeated(v)
    scores = dl.matmul(q, e.transpose(k, [0, 1, 3, 2])) * (1.0 / math.sqrt(size))
    if attention_mask is not None and attention_mask.rank == 3:
        attention_mask = e.unsqueeze(attention_mask, 1)
    if query_mask is not None:
        attention_mask = _both(attention_mask, e.reshape(
            query_mask, [e.extent(query_mask, 0), 1, e.extent(query_mask, 1), 1]))
    if mask is not None:  # of the values
        attention_mask = _both(attention_mask, e.reshape(
            mask, [e.extent(mask, 0), 1, 1, e.extent(mask, 1)]))
    if use_causal_mask:
        attention_mask = _both(attention_mask, _causal(e, scores))
    weights = dl.softmax(_masked(e, scores, attention_mask))
    chosen = _dropped(e, weights, item.get("dropout") or 0.0)
    y = e.transpose(dl.matmul(chosen, v), [0, 2, 1, 3])
    inner, out = item.child("attention_output"), item.get("output_shape")
    out = width if out is None else out[-1] if isinstance(out, (list, tuple)) else out
    w = e.weight(inner, "kernel", (heads, depth, out), item.get("kernel_initializer"),
                 regularizer=item.get("kernel_regularizer"))
    y = einsum(e, "...bc,bcd->...d", y, w)
    if item.get("use_bias", True):
        y = y + e.weight(inner, "bias", (out,), item.get("bias_initializer"))
    return (y, weights) if return_attention_scores else y


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
        y = y * e.unsqueeze(e.cast(mask[0], y.element), -1)  # queries that are not there
    return (y, weights) if return_attention_scores else y
