//===- LinearAttention.cpp - Attention as a recurrence --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

/// [batch, steps, heads size] -> [steps, batch, heads, size]
static TensorValue byStep(Graph &g, TensorValue x, int64_t heads) {
  return g.transpose(g.reshape(x, {g.dim(x, 0), g.dim(x, 1), g.index(heads),
                                   g.div(g.dim(x, 2), g.index(heads))}),
                     {1, 0, 2, 3});
}

/// Each head of keys and values has a state matrix S in f32. A step lets S
/// decay, adds the outer product of key and value to it, and reads it with the
/// queries: S = exp(decay) S + k (beta (v - k S))', y = scale q S.
void importLinearAttention(Node &n) {
  Graph &g = n.g;
  TensorValue q = n.in(0), k = n.in(1), v = n.in(2);
  if (!q || !k || !v)
    return;
  int64_t heads = n.integer("kv_num_heads", 0),
          qHeads = n.integer("q_num_heads", 0);
  std::string rule = n.string("update_rule", "gated_delta");
  bool decays = rule == "gated" || rule == "gated_delta",
       corrects = rule == "delta" || rule == "gated_delta";
  if (!decays && !corrects && rule != "linear") {
    n.fail("update_rule is '" + rule +
           "', expected linear, gated, delta or gated_delta");
    return;
  }
  if (decays != n.has(4) || corrects != n.has(5)) {
    n.fail("update_rule '" + rule + "' goes with " +
           (decays ? "a decay" : "no decay") + " and " +
           (corrects ? "a beta" : "no beta"));
    return;
  }
  auto isPacked = [](TensorValue x, int64_t heads) {
    return x.rank() == 3 && !ShapedType::isDynamic(x.dim(2)) && heads > 0 &&
           x.dim(2) % heads == 0;
  };
  if (heads < 1 || qHeads < 1 || qHeads % heads || !isPacked(q, qHeads) ||
      !isPacked(k, heads) || !isPacked(v, heads) ||
      q.dim(2) / qHeads != k.dim(2) / heads) {
    n.fail("queries, keys and values have shapes " + dl::toString(q.shape()) +
           ", " + dl::toString(k.shape()) + " and " + dl::toString(v.shape()) +
           " for " + Twine(qHeads) + " and " + Twine(heads) +
           " heads, expected [N, steps, heads size] and a multiple of the "
           "heads of keys for the queries");
    return;
  }
  int64_t size = k.dim(2) / heads, width = v.dim(2) / heads;
  for (size_t i : {4, 5})
    if (n.has(i) && (n.in(i).rank() != 3 ||
                     !(n.in(i).dim(2) == heads ||
                       n.in(i).dim(2) == (i == 4 ? heads * size : 1)))) {
      n.fail("operand " + Twine(i) + " has shape " +
             dl::toString(n.in(i).shape()) +
             ", expected a number for each head or element of a key");
      return;
    }
  Type element = q.element();
  double scale = n.real("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(size));
  auto wide = [&](TensorValue x) { return g.cast(x, g.f32()); };
  Extents stateShape{g.dim(q, 0), g.index(heads), g.index(size),
                     g.index(width)};
  TensorValue state =
      n.has(3) ? wide(n.in(3)) : g.broadcast(g.number(g.f32(), 0), stateShape);
  Type stateElement = n.has(3) ? n.in(3).element() : element;
  SmallVector<Value> inputs;
  TensorValue queries = byStep(g, wide(q), qHeads);
  if (!queries)
    return;
  Extents grouped = g.dims(queries);
  grouped[2] = g.index(heads);
  grouped.insert(grouped.begin() + 3, g.index(qHeads / heads));
  inputs.push_back(g.reshape(queries, grouped).value);
  inputs.push_back(byStep(g, wide(k), heads).value);
  inputs.push_back(byStep(g, wide(v), heads).value);
  if (decays)
    inputs.push_back(g.op<dl::ExpOp>(byStep(g, wide(n.in(4)), heads)).value);
  if (corrects)
    inputs.push_back(
        byStep(g, wide(n.in(5)), n.in(5).dim(2) == heads ? heads : 1).value);
  if (g.failed || llvm::is_contained(inputs, Value()))
    return;
  auto step = [&](ValueRange now, ValueRange elements) {
    TensorValue s = g.wrap(now[0]), query = g.wrap(elements[0]);
    TensorValue key =
        g.unsqueeze(g.wrap(elements[1]), {2}); // [N, heads, 1, size]
    TensorValue value = g.unsqueeze(g.wrap(elements[2]), {2});
    if (decays)
      s = s * g.unsqueeze(g.wrap(elements[3]), {3});
    if (corrects)
      value = g.unsqueeze(g.wrap(elements.back()), {2}) *
              (value - g.matmul(key, s));
    s = s + g.transpose(key, {0, 1, 3, 2}) * value;
    return std::pair(s, g.matmul(query, s) * scale);
  };
  auto scan = dl::ScanOp::create(
      g.b, g.loc, ValueRange{state.value}, inputs, Value(), Value(), /*axis=*/0,
      /*reverse=*/false,
      [&](OpBuilder &, Location loc, ValueRange now, ValueRange elements) {
        auto [s, y] = step(now, elements);
        if (g.failed)
          dl::YieldOp::create(g.b, loc, now, ValueRange(), Value());
        else
          dl::YieldOp::create(g.b, loc, s.value, y.value, Value());
      });
  if (g.failed)
    return;
  TensorValue y = g.transpose(g.wrap(scan.getOutputs()[0]), {1, 0, 2, 3, 4});
  n.yield(0, g.cast(g.reshape(
                        y, {g.dim(q, 0), g.dim(q, 1), g.index(qHeads * width)}),
                    element));
  n.yield(1, g.cast(g.wrap(scan.getFinals()[0]), stateElement));
}

} // namespace dlc::onnx_import
