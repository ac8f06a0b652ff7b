//===- SliceGathers.cpp - Gathered rows as operands -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Gathers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dlc;

namespace dlc {
#define GEN_PASS_DEF_SLICEGATHERS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Computes, before the nest, the value of something in a body in the first
/// iteration of all loops.
class FirstStep {
public:
  FirstStep(linalg::GenericOp op, RewriterBase &rewriter)
      : op(op), rewriter(rewriter),
        zero(arith::ConstantIndexOp::create(rewriter, op.getLoc(), 0)) {}

  Value of(Value value) {
    if (Value known = known_.lookupOrNull(value))
      return known;
    Operation *inner = value.getDefiningOp();
    Value result;
    if (auto argument = dyn_cast<BlockArgument>(value);
        argument && argument.getOwner() == op.getBlock()) {
      OpOperand &operand = op->getOpOperand(argument.getArgNumber());
      AffineMap map = op.getMatchingIndexingMap(&operand);
      SmallVector<Value> first;
      for (int64_t position :
           map.compose(SmallVector<int64_t>(map.getNumDims(), 0)))
        first.push_back(
            arith::ConstantIndexOp::create(rewriter, op.getLoc(), position));
      // A scalar operand is its own only element.
      result = isa<RankedTensorType>(operand.get().getType())
                   ? tensor::ExtractOp::create(rewriter, op.getLoc(),
                                               operand.get(), first)
                         .getResult()
                   : operand.get();
    } else if (!inner || inner->getBlock() != op.getBlock()) {
      return value;
    } else if (isa<linalg::IndexOp>(inner)) {
      return zero;
    } else {
      for (Value operand : inner->getOperands())
        known_.map(operand, of(operand));
      result = rewriter.clone(*inner, known_)->getResult(0);
    }
    known_.map(value, result);
    return result;
  }

private:
  linalg::GenericOp op;
  RewriterBase &rewriter;
  Value zero;
  IRMapping known_;
};

void sliceGathers(linalg::GenericOp op, RewriterBase &rewriter) {
  SmallVector<tensor::ExtractOp> gathers = findGathers(op);
  if (gathers.empty())
    return;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned lastDim = maps.back().getNumResults() - 1;
  unsigned loop = maps.back().getDimPosition(lastDim);
  for (auto [other, range] : llvm::enumerate(op.getStaticLoopRanges()))
    if (other != loop && range != 1)
      return;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  FirstStep first(op, rewriter);
  OpFoldResult one = rewriter.getIndexAttr(1);
  OpFoldResult length =
      tensor::getMixedSize(rewriter, loc, op.getDpsInits()[0], lastDim);

  unsigned inputs = op.getNumDpsInputs();
  SmallVector<Value> rows(op.getDpsInputs());
  AffineMap along =
      AffineMap::get(op.getNumLoops(), 0, rewriter.getAffineDimExpr(loop));
  for (tensor::ExtractOp gather : gathers) {
    SmallVector<OpFoldResult> offsets;
    for (Value index : gather.getIndices())
      offsets.push_back(first.of(index));
    SmallVector<OpFoldResult> sizes(offsets.size(), one),
        strides(offsets.size(), one);
    sizes.back() = length;
    auto type = tensor::ExtractSliceOp::inferCanonicalRankReducedResultType(
        1, cast<RankedTensorType>(gather.getTensor().getType()), sizes);
    rows.push_back(tensor::ExtractSliceOp::create(
        rewriter, loc, type, gather.getTensor(), offsets, sizes, strides));
    maps.insert(maps.begin() + rows.size() - 1, along);
  }
  auto sliced = linalg::GenericOp::create(rewriter, loc, op.getResultTypes(),
                                          rows, op.getDpsInits(), maps,
                                          op.getIteratorTypesArray());
  sliced->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(op.getRegion(), sliced.getRegion(),
                              sliced.getRegion().begin());
  Block *body = sliced.getBlock();
  for (auto [i, gather] : llvm::enumerate(gathers)) {
    BlockArgument row =
        body->insertArgument(inputs + i, gather.getType(), gather.getLoc());
    rewriter.replaceOp(gather, row);
  }
  // Erase the ops that computed the indices of the rows.
  for (Operation &inner : llvm::make_early_inc_range(llvm::reverse(*body)))
    if (isOpTriviallyDead(&inner))
      rewriter.eraseOp(&inner);
  rewriter.replaceOp(op, sliced);
}

struct SliceGathers : dlc::impl::SliceGathersBase<SliceGathers> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics())
        ops.push_back(op);
    });
    for (linalg::GenericOp op : ops)
      sliceGathers(op, rewriter);
  }
};

} // namespace
