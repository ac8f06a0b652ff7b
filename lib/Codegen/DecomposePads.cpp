//===- DecomposePads.cpp - Padding as fill and insertion ------------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_DECOMPOSEPADS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct DecomposePads : dlc::impl::DecomposePadsBase<DecomposePads> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateDecomposePadPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
