//===- Contraction.cpp - The roles of a product's loops -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Tensors/Contraction.h"
#include "Strided.h"

using namespace mlir;

namespace dlc {

/// Returns the number of the operand whose element `value` is, directly or
/// widened.
static std::optional<unsigned> operandOf(Value value, Block *body) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp, arith::BitcastOp>(
            op))
      return std::nullopt;
    value = op->getOperand(0);
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != body)
    return std::nullopt;
  return argument.getArgNumber();
}

/// Whether the body is acc + a * b with possibly widened operands 0 and 1. It
/// need not read a third input.
static bool isMulAdd(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() < 2 || op.getNumDpsInputs() > 3 ||
      op.getNumDpsInits() != 1)
    return false;
  Operation *yield = op.getBlock()->getTerminator();
  Operation *sum = yield->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(sum))
    return false;
  return llvm::any_of(sum->getOperands(), [&](Value v) {
    Operation *product = v.getDefiningOp();
    if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
      return false;
    auto left = operandOf(product->getOperand(0), op.getBlock());
    auto right = operandOf(product->getOperand(1), op.getBlock());
    return left && right && *left + *right == 1;
  });
}

/// Returns the loop over pairs if it indexes the last dimension of both
/// operands.
static std::optional<unsigned> findPair(linalg::LinalgOp op, AffineMap left,
                                        AffineMap right) {
  if (!left.getNumResults())
    return std::nullopt;
  auto k = matchStrided(left.getResult(left.getNumResults() - 1));
  auto n = matchStrided(right.getResult(right.getNumResults() - 1));
  if (!k || !n || k->factor != 2 || n->factor != 2 || k->inner != n->inner ||
      op.getIteratorTypesArray()[n->inner] != utils::IteratorType::reduction ||
      op.getStaticLoopRanges()[n->inner] != 2)
    return std::nullopt;
  return n->inner;
}

std::optional<Contraction> analyzeContraction(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || !isMulAdd(op))
    return std::nullopt;
  AffineMap left = op.getIndexingMapsArray()[0];
  AffineMap right = op.getIndexingMapsArray()[1];
  AffineMap out = op.getIndexingMapsArray().back();
  if (!out.isProjectedPermutation() || out.getNumResults() == 0 ||
      right.getNumResults() == 0)
    return std::nullopt;
  Contraction loops;
  loops.n = out.getDimPosition(out.getNumResults() - 1);
  loops.pair = findPair(op, left, right);
  if (loops.pair) {
    if (!right.getResult(right.getNumResults() - 1).isFunctionOfDim(loops.n))
      return std::nullopt;
  } else if (op.getNumDpsInputs() != 2 || !right.isProjectedPermutation() ||
             right.getDimPosition(right.getNumResults() - 1) != loops.n) {
    return std::nullopt;
  }
  loops.isDepthwise = op.getIndexingMapsArray()[0].isFunctionOfDim(loops.n);
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned i = 0; i + 1 < out.getNumResults(); ++i) {
    unsigned loop = out.getDimPosition(i);
    if (right.isFunctionOfDim(loop)) {
      loops.shared.push_back(loop);
      continue;
    }
    // The innermost of these loops that has more than one row; else the first.
    if (!loops.m) {
      loops.m = loop;
    } else if (ranges[loop] != 1) {
      loops.outer.push_back(*loops.m);
      loops.m = loop;
    } else {
      loops.outer.push_back(loop);
    }
  }
  return loops;
}

} // namespace dlc
