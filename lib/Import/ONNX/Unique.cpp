//===- Unique.cpp - The distinct elements of a tensor ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Marks the rows of a sorted matrix that differ from the row before them; the
/// first row is marked. All NaNs are equal here.
static TensorValue isNew(Graph &g, TensorValue sorted) {
  TensorValue at = g.iota({g.dim(sorted, 0)}, 0, g.i64());
  TensorValue before = g.gather(sorted, max(at - 1.0, 0.0), 0);
  TensorValue differs = sorted != before;
  if (sorted.isFloat()) {
    TensorValue areNaN = (sorted != sorted) & (before != before);
    differs = differs & ~areNaN;
  }
  TensorValue any = g.reduce<dl::ReduceMaxOp>(g.toNumber(differs), {1}, false);
  return (at == 0.0) | (any > 0.0);
}

/// Counts the true elements before each element.
static TensorValue countBefore(Graph &g, TensorValue truths) {
  return g.op<dl::CumulativeOp>(
             {g.cast(truths, g.i64()).value},
             {g.attr("axis", int64_t(0)),
              g.b.getNamedAttr(
                  "kind", dl::CumulativeKindAttr::get(
                              g.b.getContext(), dl::CumulativeKind::sum))}) -
         1.0;
}

static TensorValue placesOf(Graph &g, TensorValue truths) {
  return g.squeeze(g.op<dl::NonzeroOp>(truths), {0});
}

static TensorValue scatter(Graph &g, Extent size, TensorValue at,
                           TensorValue values) {
  TensorValue zeros = g.broadcast(g.number(values.element(), 0), {size});
  return g.op<dl::ScatterOp>({zeros.value, at.value, values.value});
}

/// Sorts elements, or slices along an axis, which makes equal ones adjacent;
/// the first of them is also the first in x.
void importUnique(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  bool hasAxis = n.hasAttr("axis");
  int64_t axis = 0;
  if (hasAxis) {
    axis = n.axis(n.integer("axis", 0), x.rank());
    x = g.moveAxis(x, axis, 0);
  } else {
    x = g.reshape(x, {g.product(g.dims(x))});
  }
  if (g.failed)
    return;
  Extents shape = g.dims(x);
  Extent count = shape[0];
  TensorValue rows = g.reshape(
      g.toNumber(x), {count, g.product(ArrayRef<Extent>(shape).drop_front())});
  TensorValue order = g.op<dl::ArgsortOp>(rows);
  TensorValue truths = isNew(g, g.gather(rows, order, 0));
  TensorValue starts = placesOf(g, truths);
  TensorValue indices = g.gather(order, starts, 0);
  TensorValue inverse = scatter(g, count, order, countBefore(g, truths));
  // A group ends where the next one starts, the last one at the end of x.
  Extent groups = g.dim(starts, 0), last = g.sub(groups, g.index(1));
  auto whole = [&](Extent e) { return g.fromElements({e}, true, g.i64()); };
  TensorValue at = g.iota({groups}, 0, g.i64());
  TensorValue next = g.gather(starts, min(at + 1.0, whole(last)), 0);
  TensorValue counts = g.select(at == whole(last), whole(count), next) - starts;
  if (!n.integer("sorted", 1)) {
    // Reorder to the order of first occurrence.
    TensorValue isFirst = scatter(g, count, indices, (at * 0.0) + 1.0) > 0.0;
    TensorValue firsts = placesOf(g, isFirst);
    counts = g.gather(counts, g.gather(inverse, firsts, 0), 0);
    inverse =
        g.gather(countBefore(g, isFirst), g.gather(indices, inverse, 0), 0);
    indices = firsts;
  }
  n.yield(0, g.moveAxis(g.gather(x, indices, 0), 0, axis));
  n.yield(1, indices);
  n.yield(2, inverse);
  n.yield(3, counts);
}

} // namespace dlc::onnx_import
