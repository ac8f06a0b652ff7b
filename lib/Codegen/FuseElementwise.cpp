//===- FuseElementwise.cpp - Element-wise chains in one op ----------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

/// A producer moves into its only user where the user reads each element once.
static bool shouldFuse(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!consumer || !operand->get().hasOneUse())
    return false;
  // The body of a gather reads whole tensors: never once an element.
  if (consumer->getNumResults() != 1)
    return false;
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  if (!map.isPermutation())
    return false;
  // Operands of a product would be recomputed for each row or column even where
  // the map says otherwise once tiled.
  return consumer.getNumReductionLoops() == 0 ||
         consumer.getNumDpsInputs() == 1;
}

namespace {
struct FuseElementwise : dlc::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateInlineConstantOperandsPatterns(patterns);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
