//===- FoldBatchNorm.cpp - Batch normalisation into weights ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// A layer that batch norm folds into, with the operand that holds its weights.
/// Output channels are the last dimension of the weights of conv and dense, and
/// the one before the last of conv_transpose.
struct Layer {
  Value weights, bias;
  bool channelsBeforeLast = false;
};

std::optional<Layer> matchLayer(Operation *op) {
  if (auto conv = dyn_cast_if_present<ConvOp>(op))
    return Layer{conv.getFilter(), conv.getBias()};
  if (auto dense = dyn_cast_if_present<DenseOp>(op))
    return Layer{dense.getWeights(), dense.getBias()};
  if (auto conv = dyn_cast_if_present<ConvTransposeOp>(op))
    if (conv.getGroups().value_or(1) == 1)
      return Layer{conv.getFilter(), conv.getBias(), true};
  return std::nullopt;
}

struct FoldIntoLayer : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getX().getDefiningOp();
    std::optional<Layer> layer = matchLayer(producer);
    if (!layer || !op.getX().hasOneUse())
      return failure();
    Location loc = rewriter.getFusedLoc({producer->getLoc(), op.getLoc()});
    auto vector = op.getScale().getType();
    if (!vector.hasStaticShape())
      return failure();
    auto constant = DenseElementsAttr::get(
        vector, FloatAttr::get(vector.getElementType(),
                               op.getEpsilon().convertToDouble())
                    .getValue());
    rewriter.setInsertionPoint(op);
    Value epsilon = arith::ConstantOp::create(rewriter, loc, constant);
    Value deviation = SqrtOp::create(
        rewriter, loc, AddOp::create(rewriter, loc, op.getVariance(), epsilon));
    Value factor = DivOp::create(rewriter, loc, op.getScale(), deviation);

    Value spread = factor;
    if (layer->channelsBeforeLast)
      spread =
          ReshapeOp::create(rewriter, loc,
                            RankedTensorType::get({vector.getDimSize(0), 1},
                                                  vector.getElementType()),
                            factor);
    Value weights = MulOp::create(rewriter, loc, layer->weights, spread);
    if (weights.getType() != layer->weights.getType())
      return failure();
    Value shift = layer->bias
                      ? SubOp::create(rewriter, loc, layer->bias, op.getMean())
                            .getResult()
                      : NegOp::create(rewriter, loc, op.getMean()).getResult();
    Value bias = AddOp::create(rewriter, loc,
                               MulOp::create(rewriter, loc, shift, factor),
                               op.getOffset());
    // The same layer with a bias.
    Operation *folded = rewriter.clone(*producer);
    folded->setOperand(1, weights);
    if (folded->getNumOperands() == 3)
      folded->setOperand(2, bias);
    else
      folded->insertOperands(2, bias);
    rewriter.replaceOp(op, folded->getResults());
    rewriter.eraseOp(producer);
    return success();
  }
};

struct FoldBatchNorm : dlc::impl::FoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoLayer>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
