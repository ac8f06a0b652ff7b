//===- PeelLoops.cpp - Peeling of partial last iterations -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PEELLOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

/// Propagates constant tile sizes from loop bounds to types.
static LogicalResult simplifyTileSizes(Operation *root) {
  MLIRContext *context = root->getContext();
  RewritePatternSet patterns(context);
  linalg::populateLinalgTilingCanonicalizationPatterns(patterns);
  scf::populateSCFForLoopCanonicalizationPatterns(patterns);
  for (StringRef op :
       {scf::ForOp::getOperationName(), scf::IfOp::getOperationName(),
        scf::ForallOp::getOperationName(), tensor::EmptyOp::getOperationName(),
        tensor::CastOp::getOperationName(),
        tensor::ExtractSliceOp::getOperationName(),
        tensor::InsertSliceOp::getOperationName()})
    RegisteredOperationName::lookup(op, context)
        ->getCanonicalizationPatterns(patterns, context);
  context->getLoadedDialect<linalg::LinalgDialect>()
      ->getCanonicalizationPatterns(patterns);
  return applyPatternsGreedily(root, std::move(patterns));
}

namespace {
struct PeelLoops : dlc::impl::PeelLoopsBase<PeelLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    if (failed(simplifyTileSizes(getOperation())))
      return signalPassFailure();
    splitTasks(rewriter);
    // Outer loops first. The peeled part of an outer loop still contains inner
    // loops, which are found next.
    while (scf::ForOp loop = findLoop()) {
      scf::ForOp rest;
      loop->setAttr(peeledMark, rewriter.getUnitAttr());
      Value end = loop.getUpperBound();
      if (succeeded(scf::peelForLoopAndSimplifyBounds(rewriter, loop, rest)) &&
          rest) {
        rest->setAttr(peeledMark, rewriter.getUnitAttr());
        simplifyWholeTiles(rewriter, loop, end);
      }
    }
    getOperation()->walk([](scf::ForOp loop) { loop->removeAttr(peeledMark); });
    if (failed(simplifyTileSizes(getOperation())))
      return signalPassFailure();
  }

  /// Splits parallel loops whose last task is smaller than the others into the
  /// whole tasks and the rest, each with constant sizes. (Upstream peels
  /// sequential loops only.)
  void splitTasks(IRRewriter &rewriter) {
    SmallVector<scf::ForallOp> todo;
    getOperation()->walk([&](scf::ForallOp loop) { todo.push_back(loop); });
    bool changed = false;
    while (!todo.empty()) {
      scf::ForallOp loop = todo.pop_back_val();
      for (unsigned d = 0; d < loop.getRank(); ++d) {
        int64_t lower = loop.getStaticLowerBound()[d],
                upper = loop.getStaticUpperBound()[d],
                step = loop.getStaticStep()[d];
        if (ShapedType::isDynamic(lower) || ShapedType::isDynamic(upper) ||
            ShapedType::isDynamic(step) || (upper - lower) % step == 0 ||
            upper - lower < step)
          continue;
        int64_t middle = lower + (upper - lower) / step * step;
        rewriter.setInsertionPointAfter(loop);
        auto rest = cast<scf::ForallOp>(rewriter.clone(*loop));
        rewriter.replaceAllUsesWith(loop.getResults(), rest.getResults());
        rest.getOutputsMutable().assign(loop.getResults());
        auto setBound = [](ArrayRef<int64_t> bounds, unsigned at,
                           int64_t value) {
          SmallVector<int64_t> changed(bounds);
          changed[at] = value;
          return changed;
        };
        loop.setStaticUpperBound(
            setBound(loop.getStaticUpperBound(), d, middle));
        rest.setStaticLowerBound(
            setBound(rest.getStaticLowerBound(), d, middle));
        todo.append({loop, rest});
        changed = true;
        break;
      }
    }
    if (changed && failed(simplifyTileSizes(getOperation())))
      signalPassFailure();
  }

  /// Whether an expression over operands equals the value `end`. The
  /// expressions are compared first, as value bounds cannot handle products of
  /// extents (the rows of [?, ?, 512]).
  static bool isEnd(AffineExpr expr, const AffineMap &map, ValueRange given,
                    Value end) {
    unsigned symbols = map.getNumSymbols();
    AffineMap difference =
        AffineMap::get(map.getNumDims(), symbols + 1,
                       expr - getAffineSymbolExpr(symbols, expr.getContext()));
    SmallVector<Value> operands(given);
    operands.push_back(end);
    affine::fullyComposeAffineMapAndOperands(&difference, &operands);
    affine::canonicalizeMapAndOperands(&difference, &operands);
    difference = simplifyAffineMap(difference);
    if (difference.isSingleConstant() &&
        difference.getSingleConstantResult() == 0)
      return true;
    FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
        ValueBoundsConstraintSet::Variable(
            AffineMap::get(map.getNumDims(), symbols, expr), given),
        ValueBoundsConstraintSet::Variable(end));
    return succeeded(equal) && *equal;
  }

  /// Replaces min(step, end - iv) by the step in a peeled loop. Upstream does
  /// so only if the minimum refers to the bound itself, not if it has been
  /// composed with the ops that compute the bound.
  void simplifyWholeTiles(IRRewriter &rewriter, scf::ForOp loop, Value end) {
    std::optional<int64_t> step = getConstantIntValue(loop.getStep());
    SmallVector<affine::AffineMinOp> minima;
    loop.walk([&](affine::AffineMinOp op) { minima.push_back(op); });
    for (affine::AffineMinOp op : minima) {
      auto position = llvm::find(op.getOperands(), loop.getInductionVar());
      if (position == op.getOperands().end())
        continue;
      unsigned at = std::distance(op.getOperands().begin(), position);
      AffineMap map = op.getAffineMap();
      AffineExpr iv = at < map.getNumDims()
                          ? rewriter.getAffineDimExpr(at)
                          : rewriter.getAffineSymbolExpr(at - map.getNumDims());
      bool isStep = true;
      for (AffineExpr result : map.getResults()) {
        if (auto constant = dyn_cast<AffineConstantExpr>(result);
            constant && constant.getValue() == *step)
          continue;
        isStep &= isEnd(result + iv, map, op.getOperands(), end);
      }
      if (isStep) {
        rewriter.setInsertionPoint(op);
        rewriter.replaceOpWithNewOp<arith::ConstantIndexOp>(op, *step);
      }
    }
  }

  scf::ForOp findLoop() {
    scf::ForOp found;
    getOperation()->walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      std::optional<int64_t> step = getConstantIntValue(loop.getStep());
      if (loop->hasAttr(peeledMark) || !step || *step <= 1)
        return WalkResult::advance();
      found = loop;
      return WalkResult::interrupt();
    });
    return found;
  }

  static constexpr StringLiteral peeledMark = "dlc.peeled";
};
} // namespace
