//===- Loss.cpp - Losses --------------------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Returns the negative log-probability of the label at each position, times
/// the weight of its class; without reduction, or the sum or mean over all
/// positions. `logs` is [N, C, positions...], `labels` [N, positions...].
static TensorValue likelihood(Node &n, TensorValue logs, TensorValue labels,
                              std::optional<size_t> weightsAt) {
  Graph &g = n.g;
  if (!logs || !labels || logs.rank() < 2 || labels.rank() != logs.rank() - 1) {
    n.fail("has scores of rank " + std::to_string(logs.rank()) +
           " and labels of rank " + std::to_string(labels.rank()) +
           ", expected scores [N, C, ...] and labels [N, ...]");
    return {};
  }
  Type element = logs.element();
  bool hasIgnored = n.hasAttr("ignore_index");
  int64_t ignored = n.integer("ignore_index", 0);
  labels = g.cast(labels, g.i64());
  TensorValue counts = hasIgnored ? labels != double(ignored) : TensorValue();
  TensorValue zero = g.number(element, 0);
  // Select the label's class by comparison, as a label may be out of range.
  Extents shape = g.dims(logs);
  TensorValue hit = g.iota(shape, 1, g.i64()) == g.unsqueeze(labels, {1});
  TensorValue picked =
      g.reduce<dl::ReduceSumOp>(g.select(hit, logs, zero), {1}, false);
  TensorValue weight;
  if (weightsAt && n.has(*weightsAt)) {
    TensorValue w = n.in(*weightsAt);
    TensorValue last =
        g.fromElements({g.sub(shape[1], g.index(1))}, true, g.i64());
    TensorValue safe = min(max(labels, 0.0), last);
    weight = g.gather(w, safe, 0);
  }
  if (counts) {
    TensorValue one = weight ? weight : g.number(element, 1);
    weight = g.select(counts, one, zero);
  }
  TensorValue loss = -picked;
  if (weight)
    loss = loss * weight;
  std::string reduction = n.string("reduction", "mean");
  if (reduction == "none")
    return loss;
  Ints axes = upTo(loss.rank());
  if (reduction == "sum")
    return g.reduce<dl::ReduceSumOp>(loss, axes, false);
  if (reduction != "mean")
    return n.fail("reduction is '" + reduction +
                  "', expected none, sum or mean");
  if (!weight)
    return g.reduce<dl::ReduceMeanOp>(loss, axes, false);
  weight = g.broadcast(weight, g.dims(loss));
  return g.reduce<dl::ReduceSumOp>(loss, axes, false) /
         g.reduce<dl::ReduceSumOp>(weight, axes, false);
}

void importNegativeLogLikelihoodLoss(Node &n) {
  n.yield(likelihood(n, n.in(0), n.in(1), 2));
}

void importSoftmaxCrossEntropyLoss(Node &n) {
  Graph &g = n.g;
  TensorValue logs =
      g.op<dl::LogSoftmaxOp>({n.in(0).value}, {g.attr("axis", int64_t(1))});
  n.yield(0, likelihood(n, logs, n.in(1), 2));
  if (n.wants(1))
    n.yield(1, logs);
}

} // namespace dlc::onnx_import
