//===- VectorizeTiles.cpp - Tiles become vectors --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "VectorizePairs.h"
#include "dlc/Codegen/Bufferization/HideIndices.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

namespace dlc {
#define GEN_PASS_DEF_VECTORIZETILES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Larger iteration spaces stay loops: their unrolled code would not fit in the
/// cache.
constexpr int64_t maxElements = 8192;

/// Forwards a vector to a read of the whole tensor that it was written to,
/// ignoring unit dimensions: typically the zeros that a tile's sums start from.
/// Upstream forwards only if both are in the same tensor. Otherwise the tile
/// would be filled in memory.
struct ForwardTile : OpRewritePattern<vector::TransferReadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::TransferReadOp read,
                                PatternRewriter &rewriter) const override {
    auto slice = read.getBase().getDefiningOp<tensor::ExtractSliceOp>();
    if (!slice || !slice.hasUnitStride() || !slice.hasZeroOffset())
      return failure();
    auto write = slice.getSource().getDefiningOp<vector::TransferWriteOp>();
    if (!write || write.getVectorType() != read.getVectorType() ||
        slice.getSourceType().getShape() != slice.getStaticSizes() ||
        !isWhole(write, slice.getSourceType()) ||
        !isWhole(read, slice.getType()))
      return failure();
    rewriter.replaceOp(read, write.getVector());
    return success();
  }

private:
  /// Whether each element is accessed, in order.
  static bool isWhole(VectorTransferOpInterface op, RankedTensorType type) {
    return !op.getMask() && op.getPermutationMap().isMinorIdentity() &&
           type.hasStaticShape() &&
           type.getNumElements() == op.getVectorType().getNumElements() &&
           llvm::all_of(op.getIndices(), [](Value index) {
             return isConstantIntValue(index, 0);
           });
  }
};

/// Copies the nest attribute to the op of fewer loops that upstream creates
/// without the attributes of the op it replaces.
struct KeepNests : RewriterBase::Listener {
  void notifyOperationReplaced(Operation *op, ValueRange values) override {
    for (Value value : values) {
      Operation *made = value.getDefiningOp();
      if (auto insert = dyn_cast_if_present<tensor::InsertSliceOp>(made))
        made = insert.getSource().getDefiningOp();
      if (isInProductTile(op) && isa_and_nonnull<linalg::LinalgOp>(made))
        made->setAttr(codegen::nest, op->getAttr(codegen::nest));
    }
  }
};

struct VectorizeTiles : dlc::impl::VectorizeTilesBase<VectorizeTiles> {
  using VectorizeTilesBase::VectorizeTilesBase;

  void runOnOperation() override {
    if (failed(dropUnitLoops()))
      return signalPassFailure();
    vectorizeOps();
    if (failed(formContractions()))
      return signalPassFailure();
    keepSumsInRegisters();
    zeroPoison();
  }

  /// Returns the loops of one step that `op` may lose.
  static SmallVector<unsigned> loopsToDrop(Operation *op) {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic || !isVectorizable(generic))
      return {};
    SmallVector<unsigned> loops =
        llvm::to_vector(llvm::seq<unsigned>(0, generic.getNumLoops()));
    std::optional<Contraction> tile = analyzeContraction(generic);
    if (!tile)
      return loops;
    // Keep the loops by which a pair is recognised.
    if (tile->pair) {
      AffineMap left = generic.getIndexingMapsArray()[0];
      llvm::erase_if(loops, [&](unsigned loop) {
        return loop == tile->n ||
               left.getResult(left.getNumResults() - 1).isFunctionOfDim(loop);
      });
      return loops;
    }
    // A contraction of one step keeps that loop. As a plain product its sums
    // would neither become multiply-adds nor stay in registers.
    SmallVector<int64_t> ranges = generic.getStaticLoopRanges();
    SmallVector<unsigned> reductions;
    generic.getReductionDims(reductions);
    if (llvm::all_of(reductions,
                     [&](unsigned loop) { return ranges[loop] == 1; }))
      llvm::erase(loops, reductions.back());
    return loops;
  }

  /// Drops loops of one step: the outer-product form of contractions handles
  /// matrices only.
  LogicalResult dropUnitLoops() {
    RewritePatternSet patterns(&getContext());
    linalg::ControlDropUnitDims options;
    options.rankReductionStrategy =
        linalg::ControlDropUnitDims::RankReductionStrategy::ExtractInsertSlice;
    options.controlFn = loopsToDrop;
    linalg::populateFoldUnitExtentDimsPatterns(patterns, options);
    KeepNests listener;
    walkAndApplyPatterns(getOperation(), std::move(patterns), &listener);
    return simplify();
  }

  void vectorizeOps() {
    func::FuncOp function = getOperation();
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    function->walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && isVectorizable(op))
        ops.push_back(op);
    });
    Machine machine = codegen::targetOf(function);
    for (linalg::LinalgOp op : ops) {
      if (succeeded(vectorizePairs(rewriter, op, machine)))
        continue;
      std::optional<SmallVector<int64_t>> sizes = vectorSizes(op);
      if (!sizes)
        continue;
      rewriter.setInsertionPoint(op);
      // Upstream reads one scalable flag per size, whether given or not.
      SmallVector<bool> scalable(sizes->size(), false);
      FailureOr<linalg::VectorizationResult> result = linalg::vectorize(
          rewriter, op, *sizes, scalable, /*vectorizeNDExtract=*/false,
          /*flatten1DDepthwiseConv=*/false,
          /*assumeDynamicDimsMatchVecSizes=*/false,
          /*createNamedContraction=*/true);
      if (succeeded(result))
        rewriter.replaceOp(op, result->replacements);
    }
  }

  /// Makes contractions of vector reductions, then drops leading unit
  /// dimensions. In this order: merged with the other patterns, contractions
  /// are no longer recognised.
  LogicalResult formContractions() {
    MLIRContext *context = &getContext();
    RewritePatternSet contract(context);
    vector::populateVectorReductionToContractPatterns(contract);
    vector::populateVectorTransferPermutationMapLoweringPatterns(contract);
    if (failed(applyPatternsGreedily(getOperation(), std::move(contract))))
      return failure();
    RewritePatternSet drop(context);
    vector::populateCastAwayVectorLeadingOneDimPatterns(drop);
    vector::TransferReadOp::getCanonicalizationPatterns(drop, context);
    vector::TransferWriteOp::getCanonicalizationPatterns(drop, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(drop))))
      return failure();
    return simplify();
  }

  /// Keeps sums in registers for the duration of a reduction's loop.
  void keepSumsInRegisters() {
    func::FuncOp function = getOperation();
    IRRewriter rewriter(&getContext());
    auto hidden = dlc::hideIndices(rewriter, function);
    function->walk(
        [&](scf::ForOp loop) { hoistLoopInvariantSubsets(rewriter, loop); });
    for (UnrealizedConversionCastOp cast : hidden)
      rewriter.replaceOp(cast, cast.getInputs());
    RewritePatternSet patterns(&getContext());
    patterns.add<ForwardTile>(&getContext());
    walkAndApplyPatterns(function, std::move(patterns));
  }

  /// Lanes out of bounds hold zeros. Upstream's hold poison, and a division by
  /// poison is undefined behaviour even in lanes that nothing reads: LLVM may
  /// then drop the whole function.
  void zeroPoison() {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](ub::PoisonOp op) {
      rewriter.setInsertionPoint(op);
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(
          op, cast<TypedAttr>(rewriter.getZeroAttr(op.getType())));
    });
  }

  LogicalResult simplify() {
    RewritePatternSet patterns(&getContext());
    linalg::populateLinalgTilingCanonicalizationPatterns(patterns);
    scf::ForOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns,
                                                        &getContext());
    tensor::InsertSliceOp::getCanonicalizationPatterns(patterns, &getContext());
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  /// Returns the vector size of each loop, or nothing if the tile is unbounded,
  /// empty or too large. Static extents are kept, unknown ones take their upper
  /// bound. Outside a contraction's tile the contiguous one is rounded up to
  /// whole vectors and masked.
  std::optional<SmallVector<int64_t>> vectorSizes(linalg::LinalgOp op) {
    Machine machine = codegen::targetOf(getOperation());
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    if (sizes.empty())
      return sizes;
    for (auto [loop, size] : llvm::enumerate(sizes)) {
      if (!ShapedType::isDynamic(size))
        continue;
      std::optional<int64_t> bound = boundOf(op, loop);
      if (!bound)
        return std::nullopt;
      size = *bound;
    }
    AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
    Type element = getElementTypeOrSelf(op.getDpsInits()[0].getType());
    int64_t lanes = machine.lanes(element);
    if (out.getNumResults()) {
      if (auto last =
              dyn_cast<AffineDimExpr>(out.getResult(out.getNumResults() - 1))) {
        int64_t &size = sizes[last.getPosition()];
        if (size > 1 && !isInProductTile(op))
          size = size >= lanes ? llvm::alignTo(size, lanes)
                               : int64_t(llvm::PowerOf2Ceil(size));
      }
    }
    int64_t elements = 1;
    for (int64_t size : sizes)
      elements *= size;
    if (elements == 0 || elements > maxElements)
      return std::nullopt;
    return sizes;
  }

  std::optional<int64_t> boundOf(linalg::LinalgOp op, unsigned loop) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<RankedTensorType>(operand.get().getType()))
        continue;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      std::optional<unsigned> at =
          map.getResultPosition(getAffineDimExpr(loop, &getContext()));
      if (!at)
        continue;
      FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
          presburger::BoundType::UB,
          ValueBoundsConstraintSet::Variable(operand.get(), *at),
          /*stopCondition=*/nullptr, /*closedUB=*/true);
      if (succeeded(bound))
        return bound;
    }
    return std::nullopt;
  }
};

} // namespace
