//===- DifferentiateReduction.cpp - Sums, extremes, running totals --------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

template <typename OpT> static SmallVector<int64_t> axesOf(OpT op) {
  int64_t rank = dl::tensorType(op.getX()).getRank();
  SmallVector<int64_t> axes;
  std::optional<ArrayRef<int64_t>> given = op.getAxes();
  if (!given) {
    for (int64_t d = 0; d < rank; ++d)
      axes.push_back(d);
    return axes;
  }
  for (int64_t axis : *given)
    axes.push_back(dl::wrapAxis(axis, rank));
  llvm::sort(axes);
  return axes;
}

/// A result, or its cotangent, with the reduced dimensions as extents of 1.
static TensorExpr keepDims(TensorExpr y, TensorExpr x, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> shape(x.shape());
  for (int64_t axis : axes)
    shape[axis] = 1;
  auto type = y.type().clone(shape);
  SmallVector<Value> extents;
  if (type.getNumDynamicDims() > 1)
    for (int64_t d = 0; d < x.rank(); ++d)
      if (type.isDynamicDim(d))
        extents.push_back(x.extent(d));
  if (y.type() == type)
    return y;
  return y.with(dl::ReshapeOp::create(*y.b, y.loc, type, y, extents));
}

static LogicalResult differentiateSum(dl::ReduceSumOp op, Gradients &d) {
  TensorExpr x = d.at(op.getX()), g = keepDims(d.of(op.getY()), x, axesOf(op));
  d.add(op.getX(), g.broadcastTo(x));
  return success();
}

static LogicalResult differentiateMean(dl::ReduceMeanOp op, Gradients &d) {
  TensorExpr x = d.at(op.getX());
  SmallVector<int64_t> axes = axesOf(op);
  TensorExpr g = keepDims(d.of(op.getY()), x, axes) / x.count(axes);
  d.add(op.getX(), g.broadcastTo(x));
  return success();
}

/// Elements that equal the extremum share the cotangent.
static TensorExpr shareAmong(TensorExpr x, TensorExpr y, TensorExpr g,
                             ArrayRef<int64_t> axes) {
  TensorExpr wins = (x == y).cast(x.element());
  return wins * (g / wins.sum(axes));
}

template <typename OpT>
static LogicalResult differentiateExtreme(OpT op, Gradients &d) {
  TensorExpr x = d.at(op.getX());
  SmallVector<int64_t> axes = axesOf(op);
  d.add(op.getX(), shareAmong(x, keepDims(d.at(op.getY()), x, axes),
                              keepDims(d.of(op.getY()), x, axes), axes));
  return success();
}

static TensorExpr cumulate(dl::CumulativeKind kind, TensorExpr x, int64_t axis,
                           bool exclusive, bool reverse) {
  OpBuilder &b = *x.b;
  auto flag = [&](bool is) { return is ? b.getUnitAttr() : UnitAttr(); };
  return x.with(dl::CumulativeOp::create(
      b, x.loc, x, dl::CumulativeKindAttr::get(b.getContext(), kind),
      b.getI64IntegerAttr(axis), flag(exclusive), flag(reverse)));
}

/// The product of all other elements, without a division: the product of those
/// before times the product of those after. One axis at a time.
static LogicalResult differentiateProd(dl::ReduceProdOp op, Gradients &d) {
  TensorExpr x = d.at(op.getX());
  SmallVector<int64_t> axes = axesOf(op);
  SmallVector<TensorExpr> parts{x};
  for (int64_t axis : axes) {
    TensorExpr last = parts.back();
    parts.push_back(x.with(dl::ReduceProdOp::create(
        d.b, d.loc, last, d.b.getDenseI64ArrayAttr(axis), d.b.getUnitAttr())));
  }
  TensorExpr g = keepDims(d.of(op.getY()), x, axes);
  for (size_t i = axes.size(); i-- > 0;) {
    TensorExpr part = parts[i];
    int64_t axis = axes[i];
    auto product = [&](bool reverse) {
      return cumulate(dl::CumulativeKind::prod, part, axis, true, reverse);
    };
    g = g * (product(false) * product(true));
  }
  d.add(op.getX(), g);
  return success();
}

/// For cumulative sums, the cumulative sum in the opposite direction. For
/// cumulative products, with P the product before a position, dx = P S, where
/// S(i) = g(i) + x(i+1) S(i+1). There is no division, so zeros do no harm.
static LogicalResult differentiateCumulative(dl::CumulativeOp op,
                                             Gradients &d) {
  TensorExpr x = d.at(op.getX()), g = d.of(op.getY());
  int64_t axis = dl::wrapAxis(op.getAxis(), x.rank());
  bool exclusive = op.getExclusive(), reverse = op.getReverse();
  if (op.getKind() == dl::CumulativeKind::sum) {
    d.add(op.getX(), cumulate(op.getKind(), g, axis, exclusive, !reverse));
    return success();
  }
  SmallVector<int64_t> shape(x.shape());
  shape.erase(shape.begin() + axis);
  SmallVector<Value> extents;
  for (int64_t i = 0; i < x.rank(); ++i)
    if (i != axis && x.type().isDynamicDim(i))
      extents.push_back(x.extent(i));
  Value zeros = dl::BroadcastOp::create(d.b, d.loc, x.type().clone(shape),
                                        x.constant(0), extents);
  auto scan = dl::ScanOp::create(
      d.b, d.loc, zeros, ValueRange{g, x}, Value(), Value(), axis, !reverse,
      [&](OpBuilder &b, Location loc, ValueRange states, ValueRange elements) {
        TensorExpr carry(b, loc, states[0]), g(b, loc, elements[0]),
            x(b, loc, elements[1]);
        // In exclusive mode the cotangent of a position counts from the next
        // position on.
        TensorExpr sum = exclusive ? carry : g + carry;
        TensorExpr next = exclusive ? g + x * carry : x * sum;
        dl::YieldOp::create(b, loc, next.value, sum.value, Value());
      });
  TensorExpr before = cumulate(op.getKind(), x, axis, true, reverse);
  d.add(op.getX(), before * d.at(scan.getOutputs()[0]));
  return success();
}

void dlc::attachReductionRules(MLIRContext *context) {
  attachRule<dl::ReduceSumOp, differentiateSum>(context);
  attachRule<dl::ReduceMeanOp, differentiateMean>(context);
  attachRule<dl::ReduceMaxOp, differentiateExtreme>(context);
  attachRule<dl::ReduceMinOp, differentiateExtreme>(context);
  attachRule<dl::ReduceProdOp, differentiateProd>(context);
  attachRule<dl::CumulativeOp, differentiateCumulative>(context);
}
