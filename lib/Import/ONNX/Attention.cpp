//===- Attention.cpp - Transformer operators ------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

/// [batch, length, heads size] -> [batch, heads, length, size]
static TensorValue splitHeads(Graph &g, TensorValue x, int64_t heads) {
  Extent count = g.index(heads);
  return g.transpose(g.reshape(x, {g.dim(x, 0), g.dim(x, 1), count,
                                   g.div(g.dim(x, 2), count)}),
                     {0, 2, 1, 3});
}

/// Which keys a query attends to: truth values, and a number to add to each
/// score; null where there is none.
struct Restriction {
  TensorValue allowed, bias;
};

/// `mask` for `length` keys: those beyond its end are not attended to.
static TensorValue extendMask(Graph &g, TensorValue mask, Extent length) {
  Extent own = g.dim(mask, -1);
  if (isEqualConstantIntOrValue(own, length))
    return mask;
  Extent missing = g.max(g.sub(length, own), g.index(0));
  if (getConstantIntValue(missing) == 0)
    return mask;
  Extents shape = g.dims(mask);
  shape.back() = missing;
  double closed = mask.isBool() ? 0 : -std::numeric_limits<double>::infinity();
  return g.concat({mask, g.broadcast(g.number(mask.element(), closed), shape)},
                  mask.rank() - 1);
}

/// By the mask, the order of positions, the window around each, and the
/// lengths of padded sequences.
static Restriction restrictKeys(Node &n, Type element, Extent qLength,
                                Extent kvLength, Extent past) {
  Graph &g = n.g;
  TensorValue allowed, bias;
  auto allow = [&](TensorValue t) { allowed = allowed ? allowed & t : t; };
  auto scalar = [&](Extent e) { return g.fromElements({e}, true, g.i64()); };
  if (n.has(3)) {
    TensorValue mask = extendMask(g, n.in(3), kvLength);
    if (mask.isBool())
      allow(mask);
    else
      bias = g.cast(mask, element);
  }
  bool isCausal = n.integer("is_causal", 0);
  int64_t left = n.integer("left_window_size", -1),
          right = n.integer("right_window_size", -1);
  TensorValue lengths;
  if (n.has(6))
    lengths =
        g.reshape(g.cast(n.in(6), g.i64()),
                  {g.dim(n.in(6), 0), g.index(1), g.index(1), g.index(1)});
  if (isCausal || left >= 0 || right >= 0) {
    Extents shape{qLength, kvLength};
    TensorValue distance =
        g.iota(shape, 0, g.i64()) - g.iota(shape, 1, g.i64());
    if (lengths && !n.has(4))
      distance = distance + (lengths - scalar(qLength));
    else
      distance = distance + scalar(past);
    if (isCausal)
      allow(distance >= 0.0);
    if (left >= 0)
      allow(distance <= double(left));
    if (right >= 0)
      allow(-distance <= double(right));
  }
  if (lengths)
    allow(g.iota({kvLength}, 0, g.i64()) < lengths);
  return {allowed, bias};
}

/// softmax(scale q k' + bias) v (Vaswani et al., 2017), with the extensions of
/// the operator: caches, groups of heads that share keys and values, causal and
/// sliding-window masks.
void importAttention(Node &n) {
  Graph &g = n.g;
  TensorValue q = n.in(0), k = n.in(1), v = n.in(2);
  if (!q || !k || !v)
    return;
  Type element = q.element();
  bool isFlat = q.rank() == 3;
  int64_t qHeads = n.integer("q_num_heads", 0),
          kvHeads = n.integer("kv_num_heads", 0);
  if (isFlat) {
    if (qHeads < 1 || kvHeads < 1) {
      n.fail("q_num_heads and kv_num_heads are needed for operands of rank 3");
      return;
    }
    q = splitHeads(g, q, qHeads);
    k = splitHeads(g, k, kvHeads);
    v = splitHeads(g, v, kvHeads);
  }
  double scale = n.real("scale", 0);
  if (!n.hasAttr("scale")) {
    if (ShapedType::isDynamic(q.dim(3))) {
      n.fail("its scale follows from an unknown extent");
      return;
    }
    scale = 1 / std::sqrt(double(q.dim(3)));
  }
  Extent past = g.index(0);
  if (n.has(4)) {
    past = g.dim(n.in(4), 2);
    k = g.concat({n.in(4), k}, 2);
    v = g.concat({n.in(5), v}, 2);
  }
  if (n.wants(1))
    n.yield(1, k);
  if (n.wants(2))
    n.yield(2, v);

  Extent qLength = g.dim(q, 2), kvLength = g.dim(k, 2);
  // Query heads that share a key are adjacent: fold them into the rows.
  Extents full{g.dim(q, 0), g.dim(q, 1), qLength, kvLength};
  Extents grouped = g.dims(q);
  bool isGrouped = q.dim(1) != k.dim(1);
  if (isGrouped) {
    grouped[1] = g.dim(k, 1);
    grouped[2] = g.mul(g.div(full[1], grouped[1]), qLength);
    q = g.reshape(q, grouped);
  }
  double root = std::sqrt(scale);
  TensorValue scores = g.matmul(q * root, g.transpose(k, {0, 1, 3, 2}) * root);
  if (isGrouped)
    scores = g.reshape(scores, full);
  int64_t mode = n.integer("qk_matmul_output_mode", 0);
  if (n.wants(3) && mode == 0)
    n.yield(3, scores);
  double cap = n.real("softcap", 0);
  if (cap > 0)
    scores = g.op<dl::TanhOp>(scores / cap) * cap;

  Restriction keys = restrictKeys(n, element, qLength, kvLength, past);
  if (n.wants(3) && mode == 1)
    n.yield(3, scores);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  TensorValue nothing;
  if (keys.bias) {
    scores = scores + keys.bias;
    nothing = keys.bias == -infinity;
  }
  if (keys.allowed) {
    scores = g.select(keys.allowed, scores, g.number(element, -infinity));
    TensorValue closed = ~keys.allowed;
    nothing = nothing ? nothing | closed : closed;
  }
  if (n.wants(3) && mode == 2)
    n.yield(3, scores);

  Type precise = element;
  if (int64_t type = n.integer("softmax_precision", 0))
    if (Type given = elementType(g.b.getContext(), type))
      precise = given;
  TensorValue weights = g.op<dl::SoftmaxOp>({g.cast(scores, precise).value},
                                            {g.attr("axis", int64_t(3))});
  if (nothing) {
    // A query that may not attend to any key gets zeros.
    TensorValue all = g.reduce<dl::ReduceMinOp>(g.toNumber(nothing),
                                                {nothing.rank() - 1}, true);
    weights = g.select(all == 1.0, g.number(precise, 0), weights);
  }
  weights = g.cast(weights, element);
  if (n.wants(3) && mode == 3)
    n.yield(3, weights);
  if (isGrouped) {
    Extents shape = grouped;
    shape[3] = kvLength;
    weights = g.reshape(weights, shape);
  }
  TensorValue y = g.matmul(weights, v);
  if (isGrouped)
    y = g.reshape(y, {full[0], full[1], qLength, g.dim(v, 3)});
  if (isFlat) {
    y = g.transpose(y, {0, 2, 1, 3});
    y = g.reshape(y,
                  {g.dim(y, 0), g.dim(y, 1), g.mul(g.dim(y, 2), g.dim(y, 3))});
  }
  n.yield(0, y);
}

/// Rotates pairs of elements by angles that grow with the position (Su et al.,
/// 2021).
void importRotaryEmbedding(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), cosine = n.in(1), sine = n.in(2);
  if (!x)
    return;
  Extents shape = g.dims(x);
  bool isFlat = x.rank() == 3;
  if (isFlat) {
    int64_t heads = n.integer("num_heads", 0);
    if (heads < 1) {
      n.fail("num_heads is needed for an operand of rank 3");
      return;
    }
    x = splitHeads(g, x, heads);
  }
  int64_t size = x.dim(3), turned = n.integer("rotary_embedding_dim", 0);
  turned = turned ? turned : size;
  if (ShapedType::isDynamic(size) || turned < 2 || turned > size ||
      turned % 2) {
    n.fail("cannot turn " + Twine(turned) + " of " + Twine(size) + " elements");
    return;
  }
  if (n.has(3)) {
    cosine = g.gather(cosine, n.in(3), 0);
    sine = g.gather(sine, n.in(3), 0);
  }
  // [batch, length, half] -> [batch, 1, length, half]
  cosine = g.unsqueeze(cosine, {1});
  sine = g.unsqueeze(sine, {1});
  int64_t half = turned / 2;
  bool isInterleaved = n.integer("interleaved", 0);
  int64_t step = isInterleaved ? 2 : 1;
  TensorValue a = g.slice(x, 3, g.index(0), g.index(half), step);
  TensorValue b =
      g.slice(x, 3, g.index(isInterleaved ? 1 : half), g.index(half), step);
  TensorValue real = cosine * a - sine * b, imaginary = sine * a + cosine * b;
  TensorValue y;
  if (isInterleaved) {
    Extents flat = g.dims(real);
    flat.back() = g.index(turned);
    y = g.reshape(
        g.concat({g.unsqueeze(real, {4}), g.unsqueeze(imaginary, {4})}, 4),
        flat);
  } else {
    y = g.concat({real, imaginary}, 3);
  }
  if (turned < size)
    y = g.concat({y, g.slice(x, 3, g.index(turned), g.index(size - turned))},
                 3);
  if (isFlat)
    y = g.reshape(g.transpose(y, {0, 2, 1, 3}), shape);
  n.yield(y);
}

} // namespace dlc::onnx_import
