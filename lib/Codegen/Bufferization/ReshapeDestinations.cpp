//===- ReshapeDestinations.cpp - Results computed in their own shape ------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_RESHAPEDESTINATIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct ReshapeDestinations
    : dlc::impl::ReshapeDestinationsBase<ReshapeDestinations> {
  void runOnOperation() override {
    IRRewriter b(&getContext());
    getOperation()->walk([&](bufferization::MaterializeInDestinationOp op) {
      while (reshape(b, op))
        ;
    });
  }

  bool reshape(IRRewriter &b, bufferization::MaterializeInDestinationOp op) {
    auto destination = dyn_cast<MemRefType>(op.getDest().getType());
    if (!destination || !destination.getLayout().isIdentity() ||
        destination.getRank() == 0 ||
        destination.getShape() !=
            cast<RankedTensorType>(op.getSource().getType()).getShape() ||
        cast<RankedTensorType>(op.getSource().getType()).getRank() == 0)
      return false;
    // A buffer of rank 0 can be expanded to static unit extents only.
    if (auto expand = op.getSource().getDefiningOp<tensor::ExpandShapeOp>();
        expand && expand.getSrcType().getRank() == 0)
      return false;
    b.setInsertionPoint(op);
    Location loc = op.getLoc();
    Value source, view;
    // Inserted right after the buffer: ops that write into the view precede the
    // end of the function.
    auto early = [&] { b.setInsertionPointAfterValue(op.getDest()); };
    if (auto expand = op.getSource().getDefiningOp<tensor::ExpandShapeOp>()) {
      early();
      source = expand.getSrc();
      view = memref::CollapseShapeOp::create(b, loc, op.getDest(),
                                             expand.getReassociationIndices());
    } else if (auto collapse =
                   op.getSource().getDefiningOp<tensor::CollapseShapeOp>()) {
      source = collapse.getSrc();
      auto type = collapse.getSrcType();
      if (type.hasStaticShape())
        early();
      view = memref::ExpandShapeOp::create(
          b, loc, MemRefType::get(type.getShape(), type.getElementType()),
          op.getDest(), collapse.getReassociationIndices(),
          tensor::getMixedSizes(b, loc, source));
    } else {
      return false;
    }
    // The view's type must be as static as the tensor's.
    if (cast<MemRefType>(view.getType()).getShape() !=
        cast<RankedTensorType>(source.getType()).getShape()) {
      b.eraseOp(view.getDefiningOp());
      return false;
    }
    b.modifyOpInPlace(op, [&] {
      op.getSourceMutable().assign(source);
      op.getDestMutable().assign(view);
    });
    return true;
  }
};
} // namespace
