//===- LowerVectors.cpp - Vectors of the machine's own kind ---------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_LOWERVECTORS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct LowerVectors : dlc::impl::LowerVectorsBase<LowerVectors> {
  template <typename Populate> bool apply(Populate populate) {
    RewritePatternSet patterns(&getContext());
    populate(patterns);
    return succeeded(
        applyPatternsGreedily(getOperation(), std::move(patterns)));
  }

  void canonicalize(RewritePatternSet &patterns) {
    MLIRContext *context = &getContext();
    for (StringRef name : {"vector", "arith", "memref", "scf"})
      if (Dialect *dialect = context->getLoadedDialect(name)) {
        dialect->getCanonicalizationPatterns(patterns);
        for (RegisteredOperationName op : context->getRegisteredOperations())
          if (&op.getDialect() == dialect)
            op.getCanonicalizationPatterns(patterns, context);
      }
  }

  void runOnOperation() override {
    // The order is upstream's: masks, then contractions, then transfers. Merged
    // into one set these patterns undo each other.
    bool done =
        apply([&](RewritePatternSet &patterns) {
          vector::populateVectorMaskLoweringPatternsForSideEffectingOps(
              patterns);
          vector::populateVectorMaskOpLoweringPatterns(patterns);
          vector::populateVectorMaskMaterializationPatterns(
              patterns, /*force32BitVectorIndices=*/true);
        }) &&
        apply([&](RewritePatternSet &patterns) {
          vector::populateVectorTransferPermutationMapLoweringPatterns(
              patterns);
          vector::populateVectorContractLoweringPatterns(
              patterns, vector::VectorContractLowering::OuterProduct);
          vector::populateVectorMultiReductionLoweringPatterns(
              patterns, vector::VectorMultiReductionLowering::InnerParallel);
        }) &&
        apply([&](RewritePatternSet &patterns) {
          vector::populateVectorOuterProductLoweringPatterns(patterns);
          vector::populateVectorTransferLoweringPatterns(patterns,
                                                         /*maxTransferRank=*/1);
          populateVectorToSCFConversionPatterns(
              patterns,
              VectorTransferToSCFOptions().enableFullUnroll(true).setTargetRank(
                  1));
          vector::populateVectorTransposeLoweringPatterns(
              patterns, vector::VectorTransposeLowering::Shuffle16x16);
          vector::populateVectorShapeCastLoweringPatterns(patterns);
          vector::populateVectorBroadcastLoweringPatterns(patterns);
        }) &&
        // Apart: canonical forms of unit dimensions are what lowering undoes.
        apply([&](RewritePatternSet &patterns) { canonicalize(patterns); }) &&
        apply([&](RewritePatternSet &patterns) {
          vector::populateSinkVectorMemOpsPatterns(patterns);
          vector::populateSinkVectorOpsPatterns(patterns);
        }) &&
        apply([&](RewritePatternSet &patterns) { canonicalize(patterns); });
    if (!done)
      signalPassFailure();
  }
};
} // namespace
