//===- TileReductions.cpp - Steps of reductions ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

namespace dlc {
#define GEN_PASS_DEF_TILEREDUCTIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct TileReductions : dlc::impl::TileReductionsBase<TileReductions> {
  using TileReductionsBase::TileReductionsBase;
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    Machine machine = codegen::targetOf(getOperation());
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.getNumReductionLoops() && op.hasPureTensorSemantics() &&
          isVectorizable(op))
        ops.push_back(op);
    });
    // LLVM keeps a loop-carried vector in registers only if its length is a
    // power of two; otherwise it splits it into elements. So the columns of a
    // tile are cut into powers of two. The few columns of a narrow product are
    // no slower as elements than cut in two. (Masking is no alternative:
    // upstream does not hoist masked accesses, so the sums would go through
    // memory at every step.)
    for (size_t at = 0; at < ops.size(); ++at) {
      linalg::LinalgOp op = ops[at];
      std::optional<unsigned> loop = columnLoop(op);
      if (!loop)
        continue;
      int64_t columns = op.getStaticLoopRanges()[*loop];
      Type element = getElementTypeOrSelf(op->getResult(0).getType());
      if (ShapedType::isDynamic(columns) || llvm::isPowerOf2_64(columns))
        continue;
      if (2 * columns <= machine.lanes(element) && isInProductTile(op))
        continue;
      rewriter.setInsertionPoint(op);
      auto [left, right] = linalg::splitOp(
          rewriter, cast<TilingInterface>(op.getOperation()), *loop,
          rewriter.getIndexAttr(llvm::bit_floor(uint64_t(columns))));
      if (!left || !right) {
        op->emitError("product could not be split");
        return signalPassFailure();
      }
      ops[at] = cast<linalg::LinalgOp>(left.getOperation());
      ops.push_back(cast<linalg::LinalgOp>(right.getOperation()));
    }
    for (linalg::LinalgOp op : ops) {
      // Apart from steps the schedule may hold the packing, which is done.
      auto schedule = dyn_cast_if_present<codegen::ScheduleAttr>(
          op->removeAttr(codegen::schedule));
      if (!schedule || !schedule.getSteps())
        continue;
      SmallVector<int64_t> sizes(schedule.getSteps().asArrayRef());
      SmallVector<int64_t> ranges = op.getStaticLoopRanges();
      for (auto [size, range] : llvm::zip(sizes, ranges))
        if (size == range)
          size = 0; // one step, no loop
      if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
        continue;
      // A sum over the contiguous dimension uses a vector of partial sums,
      // reduced once at the end. A sum across lanes at every step would be a
      // dependency chain.
      std::optional<unsigned> contiguous = contiguousReduction(op);
      bool isPartial = contiguous && sizes[*contiguous];
      if (isPartial) {
        SmallVector<int64_t> step(sizes.size(), 0);
        std::swap(step[*contiguous], sizes[*contiguous]);
        if (llvm::any_of(sizes, [](int64_t size) { return size != 0; })) {
          FailureOr<linalg::LinalgOp> inner = tile(rewriter, op, sizes);
          if (failed(inner))
            return signalPassFailure();
          op = *inner;
        }
        if (succeeded(tilePartially(rewriter, op, step, *contiguous)))
          continue;
        sizes = step;
      }
      if (failed(tile(rewriter, op, sizes)))
        return signalPassFailure();
    }
  }

private:
  /// Returns the loop along which result and operand are contiguous, which
  /// becomes the vector: that of a product, or of a reduction per channel such
  /// as pooling.
  static std::optional<unsigned> columnLoop(linalg::LinalgOp op) {
    if (std::optional<Contraction> loops = analyzeContraction(op))
      return loops->n;
    AffineMap in = op.getIndexingMapsArray()[0],
              out = op.getIndexingMapsArray().back();
    if (!in.getNumResults() || !out.getNumResults())
      return std::nullopt;
    auto last = dyn_cast<AffineDimExpr>(out.getResult(out.getNumResults() - 1));
    if (!last || in.getResult(in.getNumResults() - 1) != last)
      return std::nullopt;
    return last.getPosition();
  }

  /// Returns the reduction loop along which the first operand is contiguous.
  /// None for ops in a product's tile, which have vectors of sums anyway.
  static std::optional<unsigned> contiguousReduction(linalg::LinalgOp op) {
    if (isInProductTile(op) || op.getNumDpsInits() != 1)
      return std::nullopt;
    OpOperand *first = firstTensor(op);
    if (!first)
      return std::nullopt;
    AffineMap map = op.getMatchingIndexingMap(first);
    if (!map.isProjectedPermutation())
      return std::nullopt;
    unsigned loop = map.getDimPosition(map.getNumResults() - 1);
    if (op.getIteratorTypesArray()[loop] != utils::IteratorType::reduction)
      return std::nullopt;
    return loop;
  }

  FailureOr<linalg::LinalgOp> tile(IRRewriter &rewriter, linalg::LinalgOp op,
                                   ArrayRef<int64_t> sizes) {
    auto options = scf::SCFTilingOptions().setTileSizes(
        getAsIndexOpFoldResult(&getContext(), sizes));
    rewriter.setInsertionPoint(op);
    FailureOr<scf::SCFTilingResult> result = scf::tileUsingSCF(
        rewriter, cast<TilingInterface>(op.getOperation()), options);
    if (failed(result))
      return op->emitError("reduction could not be tiled");
    rewriter.replaceOp(op, result->replacements);
    return cast<linalg::LinalgOp>(result->tiledOps.front());
  }

  LogicalResult tilePartially(IRRewriter &rewriter, linalg::LinalgOp op,
                              ArrayRef<int64_t> sizes, unsigned loop) {
    // Upstream asserts that the reduction has a known neutral element.
    SmallVector<Operation *> combiners;
    if (!matchReduction(op.getRegionOutputArgs(), 0, combiners) ||
        combiners.size() != 1 || !arith::getNeutralElement(combiners.front()))
      return failure();
    using Strategy = ReductionTilingStrategy;
    auto options =
        scf::SCFTilingOptions()
            .setTileSizes(getAsIndexOpFoldResult(&getContext(), sizes))
            .setReductionTilingStrategy(
                Strategy::PartialReductionOuterReduction)
            .setReductionDims({loop});
    rewriter.setInsertionPoint(op);
    FailureOr<scf::SCFTilingResult> result = scf::tileUsingSCF(
        rewriter, cast<TilingInterface>(op.getOperation()), options);
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, result->replacements);
    return success();
  }
};
} // namespace
