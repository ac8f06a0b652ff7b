//===- DifferentiateIndexing.cpp - Ops that search and scatter ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

static TensorExpr scatter(TensorExpr x, TensorExpr indices, TensorExpr updates,
                          dl::ScatterKind kind) {
  return x.with(
      dl::ScatterOp::create(*x.b, x.loc, x, indices, updates,
                            dl::ScatterKindAttr::get(x.b->getContext(), kind)));
}

/// Marks the updates that are the last of their row: 1 or 0 in the element type
/// of g, of shape `[k, 1...]`.
static TensorExpr lastOnes(Gradients &d, TensorExpr x, TensorExpr indices,
                           TensorExpr g) {
  TensorExpr numbers = dl::formula::iota(d.b, d.loc, indices, 0);
  auto type = RankedTensorType::get({x.shape()[0]}, numbers.element());
  SmallVector<Value> extents;
  if (type.isDynamicDim(0))
    extents.push_back(x.extent(0));
  TensorExpr none = d.at(
      dl::BroadcastOp::create(d.b, d.loc, type, numbers.constant(-1), extents));
  TensorExpr winners =
      scatter(none, indices, numbers, dl::ScatterKind::replace);
  TensorExpr isLast =
      (gather(winners, indices, 0) == numbers).cast(g.element());
  SmallVector<int64_t> shape(g.rank(), 1);
  shape[0] = isLast.shape()[0];
  return isLast.reshape(shape);
}

static LogicalResult differentiateScatter(dl::ScatterOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX()), y = d.at(op.getY()),
             indices = d.at(op.getIndices()), updates = d.at(op.getUpdates());
  auto at = [&](TensorExpr t) { return gather(t, indices, 0); };
  switch (op.getKind()) {
  case dl::ScatterKind::add:
    d.add(op.getX(), g);
    d.add(op.getUpdates(), at(g));
    return success();
  case dl::ScatterKind::replace:
    d.add(op.getX(), scatter(g, indices, updates.filled(0), op.getKind()));
    if (d.needs(op.getUpdates()))
      d.add(op.getUpdates(), at(g) * lastOnes(d, x, indices, g));
    return success();
  case dl::ScatterKind::mul: {
    d.add(op.getX(), scatter(g, indices, updates, op.getKind()));
    if (!d.needs(op.getUpdates()))
      return success();
    // The product of all other updates, without a division by zero: the product
    // of the nonzero updates, where no other update is zero.
    TensorExpr isZero = updates == 0.0;
    TensorExpr others =
        scatter(x, indices, select(isZero, 1.0, updates), op.getKind());
    TensorExpr zeros = scatter(x.filled(0), indices, isZero.cast(x.element()),
                               dl::ScatterKind::add);
    TensorExpr product = at(others);
    TensorExpr count = at(zeros);
    TensorExpr rest = select(
        isZero, select(count == 1.0, product, 0.0),
        select(count == 0.0, product / select(isZero, 1.0, updates), 0.0));
    d.add(op.getUpdates(), at(g) * rest);
    return success();
  }
  case dl::ScatterKind::max:
  case dl::ScatterKind::min: {
    // The old row and all updates that equal the extremum share the cotangent.
    TensorExpr wins = (updates == at(y)).cast(g.element());
    TensorExpr stays = (x == y).cast(g.element());
    TensorExpr share = g / scatter(stays, indices, wins, dl::ScatterKind::add);
    d.add(op.getX(), stays * share);
    d.add(op.getUpdates(), wins * at(share));
    return success();
  }
  }
  llvm_unreachable("all kinds are handled");
}

/// The cotangent goes back to the positions where the elements were found.
static LogicalResult differentiateTopK(dl::TopKOp op, Gradients &d) {
  TensorExpr g = d.of(op.getValues()), x = d.at(op.getX()),
             positions = d.at(op.getIndices()).cast(d.b.getI64Type());
  // Element i of row r is at position r n + i of the flat tensor.
  TensorExpr n = x.count({x.rank() - 1}, d.b.getI64Type()), rows = x.asMatrix();
  TensorExpr first =
      dl::formula::iota(d.b, d.loc, rows, 0).reshape({rows.shape()[0], 1}) * n;
  TensorExpr flat = (positions.asMatrix() + first).asVector();
  d.add(op.getX(), scatter(x.filled(0).asVector(), flat, g.asVector(),
                           dl::ScatterKind::add)
                       .reshapeAs(x));
  return success();
}

void dlc::attachIndexingRules(MLIRContext *context) {
  attachRule<dl::ScatterOp, differentiateScatter>(context);
  attachRule<dl::TopKOp, differentiateTopK>(context);
}
