//===- TilePartialRows.cpp - Leftover rows, one by one --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;
using dlc::codegen::Role;

namespace dlc {
#define GEN_PASS_DEF_TILEPARTIALROWS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct TilePartialRows : dlc::impl::TilePartialRowsBase<TilePartialRows> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (isa<scf::ForOp>(op->getParentOp()) && op.hasPureTensorSemantics() &&
          isVectorizable(op) && op->getNumResults() == 1)
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    llvm::SmallPtrSet<Operation *, 8> erased;
    for (linalg::LinalgOp op : llvm::reverse(ops)) {
      if (erased.contains(op))
        continue;
      SmallVector<int64_t> sizes = rowSizes(op);
      if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
        continue;
      Block *block = op->getBlock();
      SmallVector<Operation *> fused;
      auto options =
          scf::SCFTileAndFuseOptions()
              .setTilingOptions(scf::SCFTilingOptions().setTileSizes(
                  getAsIndexOpFoldResult(&getContext(), sizes)))
              .setFusionControlFn(
                  [&](tensor::ExtractSliceOp, OpResult producer, bool)
                      -> std::optional<
                          scf::SCFTileAndFuseOptions::ControlFnResult> {
                    // Producers that were computed for this tile alone are
                    // fused.
                    if (producer.getOwner()->getBlock() != block ||
                        !isa<linalg::LinalgOp>(producer.getOwner()))
                      return std::nullopt;
                    fused.push_back(producer.getOwner());
                    return scf::SCFTileAndFuseOptions::ControlFnResult{};
                  });
      rewriter.setInsertionPoint(op);
      auto result = scf::tileConsumerAndFuseProducersUsingSCF(
          rewriter, cast<TilingInterface>(op.getOperation()), options);
      if (failed(result))
        continue;
      rewriter.replaceOp(op, result->replacements.lookup(op->getResult(0)));
      for (Operation *producer : fused)
        if (!erased.contains(producer) && producer->use_empty()) {
          erased.insert(producer);
          rewriter.eraseOp(producer);
        }
    }
  }

  /// Returns a size of 1 for each parallel loop of unknown extent, except for
  /// the contiguous one, which is masked. In a contraction's tile it is not
  /// masked (see VectorizeTiles).
  SmallVector<int64_t> rowSizes(linalg::LinalgOp op) {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    SmallVector<int64_t> sizes(ranges.size(), 0);
    AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
    if (!out.isProjectedPermutation())
      return sizes;
    unsigned masked = isInProductTile(op) && roleOf(op) != Role::Fill ? 0 : 1;
    for (unsigned d = 0; d + masked < out.getNumResults(); ++d)
      if (ShapedType::isDynamic(ranges[out.getDimPosition(d)]))
        sizes[out.getDimPosition(d)] = 1;
    return sizes;
  }
};
} // namespace
