//===- SimplifyWindows.cpp - Windows of one element as slices -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/AffineExprVisitor.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_SIMPLIFYWINDOWS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Returns the terms `dim * factor` of a sum, or nothing for any other
/// expression.
std::optional<SmallVector<std::pair<unsigned, int64_t>>>
linearTerms(AffineExpr expr) {
  SmallVector<std::pair<unsigned, int64_t>> terms;
  SmallVector<AffineExpr> todo{expr};
  while (!todo.empty()) {
    AffineExpr e = todo.pop_back_val();
    if (auto dim = dyn_cast<AffineDimExpr>(e)) {
      terms.push_back({dim.getPosition(), 1});
      continue;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(e);
    if (!binary)
      return std::nullopt;
    if (binary.getKind() == AffineExprKind::Add) {
      todo.push_back(binary.getLHS());
      todo.push_back(binary.getRHS());
      continue;
    }
    auto dim = dyn_cast<AffineDimExpr>(binary.getLHS());
    auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (binary.getKind() != AffineExprKind::Mul || !dim || !factor)
      return std::nullopt;
    terms.push_back({dim.getPosition(), factor.getValue()});
  }
  return terms;
}

void simplify(linalg::GenericOp op, RewriterBase &rewriter) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<Value> inputs(op.getDpsInputs());
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  bool changed = false;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    if (maps[i].isProjectedPermutation())
      continue;
    SmallVector<AffineExpr> exprs(maps[i].getResults());
    int64_t rank = exprs.size();
    SmallVector<OpFoldResult> offsets(rank, rewriter.getIndexAttr(0)),
        strides(rank, rewriter.getIndexAttr(1)),
        sizes = tensor::getMixedSizes(rewriter, loc, input);
    bool possible = true;
    for (int64_t d = 0; d < rank && possible; ++d) {
      if (isa<AffineDimExpr>(exprs[d]))
        continue;
      auto terms = linearTerms(exprs[d]);
      if (!terms) {
        possible = false;
        break;
      }
      // At most one loop of the sum may have more than one iteration.
      SmallVector<std::pair<unsigned, int64_t>> moving;
      for (auto term : *terms)
        if (ranges[term.first] != 1)
          moving.push_back(term);
      if (moving.size() > 1) {
        possible = false;
        break;
      }
      auto [loop, factor] = moving.empty() ? terms->front() : moving.front();
      exprs[d] = rewriter.getAffineDimExpr(loop);
      strides[d] = rewriter.getIndexAttr(factor);
      // The extent of the loop, from the result if it is dynamic.
      if (!ShapedType::isDynamic(ranges[loop])) {
        sizes[d] = rewriter.getIndexAttr(ranges[loop]);
      } else {
        Value out = op.getDpsInits()[0];
        AffineMap outMap = maps.back();
        std::optional<unsigned> at =
            outMap.getResultPosition(rewriter.getAffineDimExpr(loop));
        if (!at) {
          possible = false;
          break;
        }
        sizes[d] = tensor::getMixedSize(rewriter, loc, out, *at);
      }
    }
    if (!possible)
      continue;
    inputs[i] = tensor::ExtractSliceOp::create(rewriter, loc, input, offsets,
                                               sizes, strides);
    maps[i] =
        AffineMap::get(maps[i].getNumDims(), 0, exprs, rewriter.getContext());
    changed = true;
  }
  if (!changed)
    return;
  // An operand that only determines the window's extents is no longer needed if
  // all its loops have one iteration. It is kept, as it costs nothing.
  rewriter.modifyOpInPlace(op, [&] {
    for (auto [i, input] : llvm::enumerate(inputs))
      op->setOperand(i, input);
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  });
}

struct SimplifyWindows : dlc::impl::SimplifyWindowsBase<SimplifyWindows> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && op->getNumResults() == 1)
        ops.push_back(op);
    });
    for (linalg::GenericOp op : ops)
      simplify(op, rewriter);
  }
};

} // namespace
