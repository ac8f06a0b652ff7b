//===- HideIndices.cpp - Indices of unknown origin ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Bufferization/HideIndices.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_HIDEINDICES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

SmallVector<UnrealizedConversionCastOp> dlc::hideIndices(RewriterBase &rewriter,
                                                         Operation *root) {
  SmallVector<Value> values;
  root->walk([&](Operation *op) {
    if (!isa<affine::AffineApplyOp>(op) &&
        !op->hasTrait<OpTrait::ConstantLike>())
      llvm::append_range(values, op->getResults());
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::append_range(values, block.getArguments());
  });
  SmallVector<UnrealizedConversionCastOp> casts;
  for (Value value : values) {
    if (!value.getType().isIndex() || value.use_empty())
      continue;
    rewriter.setInsertionPointAfterValue(value);
    casts.push_back(UnrealizedConversionCastOp::create(rewriter, value.getLoc(),
                                                       value.getType(), value));
    rewriter.replaceAllUsesExcept(value, casts.back().getResult(0),
                                  casts.back());
  }
  return casts;
}

namespace {
struct HideIndices : dlc::impl::HideIndicesBase<HideIndices> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    dlc::hideIndices(rewriter, getOperation());
  }
};
} // namespace
