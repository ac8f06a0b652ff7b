//===- OrderMaskedTransfers.cpp - Masks in the order of memory ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_ORDERMASKEDTRANSFERS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct OrderMaskedTransfers
    : dlc::impl::OrderMaskedTransfersBase<OrderMaskedTransfers> {
  void runOnOperation() override {
    // Transfers in the order of memory, then broadcasts and transposes.
    RewritePatternSet patterns(&getContext());
    vector::populateVectorTransferPermutationMapLoweringPatterns(patterns);
    SmallVector<Operation *> masked;
    getOperation()->walk([&](VectorTransferOpInterface transfer) {
      if (transfer.getMask() && !transfer.getPermutationMap().isMinorIdentity())
        masked.push_back(transfer);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(masked, std::move(patterns), config)))
      return signalPassFailure();
    SmallVector<vector::TransferWriteOp> writes;
    getOperation()->walk([&](vector::TransferWriteOp write) {
      if (write.getMask() && isa<MemRefType>(write.getShapedType()))
        writes.push_back(write);
    });
    IRRewriter b(&getContext());
    for (vector::TransferWriteOp write : writes)
      unroll(b, write);
  }

  void unroll(IRRewriter &b, vector::TransferWriteOp write) {
    VectorType type = write.getVectorType();
    if (type.getRank() <= 1 || !write.getPermutationMap().isMinorIdentity() ||
        !write.isDimInBounds(0))
      return;
    Location loc = write.getLoc();
    b.setInsertionPoint(write);
    int64_t at = write.getShapedType().getRank() - type.getRank();
    SmallVector<bool> inBounds(write.getInBoundsValues());
    AffineExpr s0;
    bindSymbols(b.getContext(), s0);
    SmallVector<vector::TransferWriteOp> rows;
    for (int64_t i = 0; i < type.getDimSize(0); ++i) {
      SmallVector<Value> indices(write.getIndices());
      indices[at] = affine::makeComposedAffineApply(b, loc, s0 + i,
                                                    OpFoldResult(indices[at]));
      Value row = vector::ExtractOp::create(b, loc, write.getVector(), i);
      Value mask = vector::ExtractOp::create(b, loc, write.getMask(), i);
      auto rowType = cast<VectorType>(row.getType());
      AffineMap map = AffineMap::getMinorIdentityMap(
          write.getShapedType().getRank(), rowType.getRank(), b.getContext());
      rows.push_back(vector::TransferWriteOp::create(
          b, loc, row, write.getBase(), indices, AffineMapAttr::get(map), mask,
          b.getBoolArrayAttr(ArrayRef<bool>(inBounds).drop_front())));
    }
    b.eraseOp(write);
    for (vector::TransferWriteOp row : rows)
      unroll(b, row);
  }
};
} // namespace
