//===- Reduction.cpp - Reductions -----------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "Single.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Returns the axes, an attribute up to opset 12 (ReduceSum) or 17 (the
/// others).
static std::optional<Ints> axesOf(Node &n) {
  std::optional<Ints> axes = n.intsFrom("axes", 1);
  int64_t rank = n.in(0).rank();
  if (!axes || axes->empty()) {
    if (n.integer("noop_with_empty_axes", 0))
      return Ints();
    axes = upTo(rank);
  }
  for (int64_t &axis : *axes)
    axis = n.axis(axis, rank);
  return axes;
}

template <typename Body> static void reduce(Node &n, Body body) {
  std::optional<Ints> axes = axesOf(n);
  if (!n.g.failed)
    n.yield(body(n.in(0), *axes, n.integer("keepdims", 1) != 0));
}

template <typename OpT>
static TensorValue over(Graph &g, TensorValue x, ArrayRef<int64_t> axes,
                        bool keeps) {
  return axes.empty() ? x : g.reduce<OpT>(x, axes, keeps);
}

void importReduceSum(Node &n) {
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return over<dl::ReduceSumOp>(n.g, x, axes, keeps);
  });
}
void importReduceMean(Node &n) {
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return over<dl::ReduceMeanOp>(n.g, x, axes, keeps);
  });
}
void importReduceProd(Node &n) {
  Graph &g = n.g;
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return over<dl::ReduceProdOp>(g, x, axes, keeps);
  });
}
void importReduceMax(Node &n) {
  Graph &g = n.g;
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    TensorValue most = over<dl::ReduceMaxOp>(g, g.toNumber(x), axes, keeps);
    // The maximum of no booleans is false.
    return x.isBool() ? most > 0.0 : most;
  });
}
void importReduceMin(Node &n) {
  Graph &g = n.g;
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return g.cast(over<dl::ReduceMinOp>(g, g.toNumber(x), axes, keeps),
                  x.element());
  });
}
void importReduceL1(Node &n) {
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return over<dl::ReduceSumOp>(n.g, n.g.op<dl::AbsOp>(x), axes, keeps);
  });
}
void importReduceSumSquare(Node &n) {
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return over<dl::ReduceSumOp>(n.g, n.g.op<dl::SquareOp>(x), axes, keeps);
  });
}

/// Builds a reduction that needs floats; integers are computed in f64.
template <typename Body> static void reduceInFloat(Node &n, Body body) {
  Graph &g = n.g;
  reduce(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    Type element = x.element();
    TensorValue wide = x.isFloat() ? x : g.cast(x, g.b.getF64Type());
    return g.cast(body(wide, axes, keeps), element);
  });
}
void importReduceL2(Node &n) {
  Graph &g = n.g;
  reduceInFloat(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return g.op<dl::SqrtOp>(
        over<dl::ReduceSumOp>(g, g.op<dl::SquareOp>(x), axes, keeps));
  });
}
void importReduceLogSum(Node &n) {
  Graph &g = n.g;
  reduceInFloat(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    return g.op<dl::LogOp>(over<dl::ReduceSumOp>(g, x, axes, keeps));
  });
}
/// Subtracts the largest element, so that no finite input overflows.
void importReduceLogSumExp(Node &n) {
  Graph &g = n.g;
  reduceInFloat(n, [&](TensorValue x, ArrayRef<int64_t> axes, bool keeps) {
    if (axes.empty())
      return g.op<dl::LogOp>(g.op<dl::ExpOp>(x));
    double infinity = std::numeric_limits<double>::infinity();
    TensorValue most = g.reduce<dl::ReduceMaxOp>(x, axes, true);
    TensorValue zero = g.number(x.element(), 0);
    most = g.select(g.op<dl::AbsOp>(most) == infinity, zero, most);
    TensorValue sum =
        g.reduce<dl::ReduceSumOp>(g.op<dl::ExpOp>(x - most), axes, keeps);
    TensorValue back = keeps ? most : g.squeeze(most, axes);
    return g.op<dl::LogOp>(sum) + back;
  });
}

template <typename OpT> static void arg(Node &n) {
  Graph &g = n.g;
  TensorValue x = g.toNumber(n.in(0));
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  SmallVector<NamedAttribute> attributes{g.attr("axis", axis)};
  if (n.integer("keepdims", 1))
    attributes.push_back(g.flag("keep_dims"));
  if (!n.integer("select_last_index", 0))
    return n.yield(g.op<OpT>({x.value}, attributes));
  // The first one, searched from the other end.
  Extent last = g.sub(g.dim(x, axis), g.index(1));
  TensorValue reversed = g.slice(x, axis, last, g.dim(x, axis), -1);
  TensorValue position = g.op<OpT>({reversed.value}, attributes);
  n.yield(g.fromElements({last}, true, g.i64()) - position);
}
void importArgMax(Node &n) { arg<dl::ArgMaxOp>(n); }
void importArgMin(Node &n) { arg<dl::ArgMinOp>(n); }

static void cumulate(Node &n, dl::CumulativeKind kind) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  auto axis = single(n.knownInts(1, "axis"));
  if (!axis) {
    n.fail("its axis must be one number");
    return;
  }
  SmallVector<NamedAttribute> attributes{
      g.b.getNamedAttr("kind",
                       dl::CumulativeKindAttr::get(g.b.getContext(), kind)),
      g.attr("axis", n.axis(*axis, x.rank()))};
  for (StringRef name : {"exclusive", "reverse"})
    if (n.integer(name, 0))
      attributes.push_back(g.flag(name));
  n.yield(g.op<dl::CumulativeOp>({x.value}, attributes));
}
void importCumSum(Node &n) { cumulate(n, dl::CumulativeKind::sum); }
void importCumProd(Node &n) { cumulate(n, dl::CumulativeKind::prod); }

} // namespace dlc::onnx_import
