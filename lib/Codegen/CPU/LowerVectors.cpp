//===- LowerVectors.cpp - Vectors that the machine supports ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "VectorizePairs.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_LOWERVECTORS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Lowers a contraction of one step whose operands share the innermost
/// dimension (a depthwise convolution) to a multiply-add of vectors. Upstream's
/// lowering to outer products handles matrix products only and scalarises the
/// rest.
struct ContractToMultiplyAdd : OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getAccType());
    if (!type || type.getRank() == 0 || type.isScalable() ||
        !isa<FloatType>(type.getElementType()) || op.isMasked() ||
        op.getKind() != vector::CombiningKind::ADD ||
        op.getLhsType().getElementType() != type.getElementType() ||
        op.getRhsType().getElementType() != type.getElementType())
      return failure();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    AffineMap out = maps[2];
    unsigned inner = out.getDimPosition(out.getNumResults() - 1);
    if (!maps[0].isFunctionOfDim(inner) || !maps[1].isFunctionOfDim(inner))
      return failure();
    SmallVector<int64_t> extents;
    op.getIterationBounds(extents);
    for (auto [loop, extent] : llvm::enumerate(extents))
      if (!out.isFunctionOfDim(loop) && extent != 1)
        return failure();
    Value lhs = spread(rewriter, op.getLhs(), maps[0], out, type);
    Value rhs = spread(rewriter, op.getRhs(), maps[1], out, type);
    rewriter.replaceOpWithNewOp<vector::FMAOp>(op, lhs, rhs, op.getAcc());
    return success();
  }

private:
  /// Broadcasts and transposes the operand to the result's dimensions.
  static Value spread(PatternRewriter &rewriter, Value x, AffineMap map,
                      AffineMap out, VectorType type) {
    Location loc = x.getLoc();
    auto from = cast<VectorType>(x.getType());
    Type element = from.getElementType();
    // Maps each dimension of the operand to the result's; unit dimensions
    // without one are dropped.
    SmallVector<int64_t> targets, kept;
    for (unsigned d = 0; d < map.getNumResults(); ++d)
      if (auto at = out.getResultPosition(map.getResult(d))) {
        targets.push_back(*at);
        kept.push_back(from.getDimSize(d));
      }
    x = vector::ShapeCastOp::create(rewriter, loc,
                                    VectorType::get(kept, element), x);
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq<int64_t>(0, targets.size()));
    llvm::sort(order,
               [&](int64_t a, int64_t b) { return targets[a] < targets[b]; });
    if (!llvm::is_sorted(order))
      x = vector::TransposeOp::create(rewriter, loc, x, order);
    SmallVector<int64_t> ones(type.getRank(), 1);
    for (int64_t d : order)
      ones[targets[d]] = kept[d];
    x = vector::ShapeCastOp::create(rewriter, loc,
                                    VectorType::get(ones, element), x);
    return vector::BroadcastOp::create(rewriter, loc, type, x);
  }
};

/// Lowers the sum of a single vector by adding halves. Upstream's lowering
/// along the parallel dimensions suits many sums at once, but computes a single
/// one element by element. The order of the additions is fixed in the compiled
/// code.
struct ReduceOneVector : OpRewritePattern<vector::MultiDimReductionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::MultiDimReductionOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getDestType());
    VectorType source = op.getSourceVectorType();
    if (!type || type.getNumElements() != 1 || type.isScalable() ||
        source.isScalable() || op.isMasked() || source.getNumElements() < 2)
      return failure();
    Location loc = op.getLoc();
    Type element = source.getElementType();
    Value line = vector::ShapeCastOp::create(
        rewriter, loc, VectorType::get(source.getNumElements(), element),
        op.getSource());
    SmallVector<int64_t> first(type.getRank(), 0);
    Value acc = vector::ExtractOp::create(rewriter, loc, op.getAcc(), first);
    Value sum = vector::ReductionOp::create(
        rewriter, loc, op.getKind(), line, acc,
        isa<FloatType>(element)
            ? arith::FastMathFlags::reassoc | arith::FastMathFlags::nsz
            : arith::FastMathFlags::none);
    rewriter.replaceOpWithNewOp<vector::BroadcastOp>(op, type, sum);
    return success();
  }
};

/// Transposes vectors of i1 as bytes: there is no instruction for vectors of
/// bits.
struct TransposeBytes : OpRewritePattern<vector::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    VectorType type = op.getSourceVectorType();
    if (!type.getElementType().isInteger(1))
      return failure();
    Location loc = op.getLoc();
    Value bytes = arith::ExtUIOp::create(
        rewriter, loc, type.clone(rewriter.getI8Type()), op.getVector());
    bytes =
        vector::TransposeOp::create(rewriter, loc, bytes, op.getPermutation());
    // No bits are lost (nuw), so that LegalizeElementTypes can turn these back
    // into bytes.
    rewriter.replaceOpWithNewOp<arith::TruncIOp>(
        op, op.getType(), bytes, arith::IntegerOverflowFlags::nuw);
    return success();
  }
};

/// Lowers a read with permuted dimensions to a read in the order of memory and
/// a transpose in registers. Upstream's lowering does so only where the
/// dimensions are the innermost ones, and otherwise reads element by element.
/// It also misinterprets the mask, which is in the order of memory, as one in
/// the order of the vector.
struct ReadInOrder : OpRewritePattern<vector::TransferReadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::TransferReadOp op,
                                PatternRewriter &rewriter) const override {
    AffineMap map = op.getPermutationMap();
    VectorType type = op.getVectorType();
    SmallVector<int64_t> positions, order;
    for (AffineExpr expr : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        return failure();
      order.push_back(positions.size());
      positions.push_back(dim.getPosition());
    }
    if (llvm::is_sorted(positions) || type.isScalable())
      return failure();
    llvm::sort(order, [&](int64_t a, int64_t b) {
      return positions[a] < positions[b];
    });
    SmallVector<AffineExpr> dims;
    SmallVector<int64_t> shape, back(order.size());
    SmallVector<bool> inBounds;
    for (auto [i, from] : llvm::enumerate(order)) {
      dims.push_back(map.getResult(from));
      shape.push_back(type.getDimSize(from));
      inBounds.push_back(op.isDimInBounds(from));
      back[from] = i;
    }
    Value read = vector::TransferReadOp::create(
        rewriter, op.getLoc(), VectorType::get(shape, type.getElementType()),
        op.getBase(), op.getIndices(),
        AffineMapAttr::get(
            AffineMap::get(map.getNumDims(), 0, dims, op.getContext())),
        op.getPadding(), op.getMask(), rewriter.getBoolArrayAttr(inBounds));
    rewriter.replaceOpWithNewOp<vector::TransposeOp>(op, read, back);
    return success();
  }
};

struct LowerVectors : dlc::impl::LowerVectorsBase<LowerVectors> {
  using LowerVectorsBase::LowerVectorsBase;

  template <typename Populate> bool apply(Populate populate) {
    RewritePatternSet patterns(&getContext());
    populate(patterns);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    return succeeded(
        applyPatternsGreedily(getOperation(), std::move(patterns), config));
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
    // into one set these patterns would undo each other.
    bool done =
        apply([&](RewritePatternSet &patterns) {
          vector::populateVectorMaskLoweringPatternsForSideEffectingOps(
              patterns);
          vector::populateVectorMaskOpLoweringPatterns(patterns);
          vector::populateVectorMaskMaterializationPatterns(
              patterns, /*force32BitVectorIndices=*/true);
        }) &&
        apply([&](RewritePatternSet &patterns) {
          patterns.add<ContractToMultiplyAdd, ReduceOneVector, ReadInOrder>(
              &getContext(), /*benefit=*/2);
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
          patterns.add<TransposeBytes>(&getContext(), /*benefit=*/2);
          vector::populateVectorTransposeLoweringPatterns(
              patterns, vector::VectorTransposeLowering::Shuffle16x16);
          vector::populateVectorShapeCastLoweringPatterns(patterns);
          vector::populateVectorBroadcastLoweringPatterns(patterns);
        }) &&
        // Separate, as lowering undoes the canonical forms of unit dimensions.
        apply([&](RewritePatternSet &patterns) { canonicalize(patterns); }) &&
        apply([&](RewritePatternSet &patterns) {
          vector::populateSinkVectorMemOpsPatterns(patterns);
          vector::populateSinkVectorOpsPatterns(patterns);
        }) &&
        apply([&](RewritePatternSet &patterns) {
          canonicalize(patterns);
          // Vectors of rank 0, with any stride of the buffer.
          vector::populateScalarVectorTransferLoweringPatterns(
              patterns, /*benefit=*/1, /*allowMultipleUses=*/true);
          dlc::cpu::populateRoundVectorsPatterns(
              patterns, dlc::codegen::targetOf(getOperation()));
        });
    if (!done)
      signalPassFailure();
  }
};
} // namespace
