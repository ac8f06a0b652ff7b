//===- Gathers.cpp - Detection of elements gathered by rows ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Tensors/Gathers.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace dlc {

namespace {
/// Analyses how values in the body of a nest depend on one of its loops.
class Follower {
public:
  Follower(linalg::GenericOp op, unsigned loop)
      : body(op.getBlock()), maps(op.getIndexingMapsArray()), loop(loop) {}

  /// Whether `value` is invariant in the loop.
  bool isConstant(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value);
        argument && argument.getOwner() == body)
      return !maps[argument.getArgNumber()].isFunctionOfDim(loop);
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != body || constant.contains(op))
      return true;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      return index.getDim() != loop;
    if (op->getNumRegions() || op->getNumResults() != 1 ||
        !(isPure(op) || isa<tensor::ExtractOp>(op)) ||
        !llvm::all_of(op->getOperands(),
                      [&](Value operand) { return isConstant(operand); }))
      return false;
    constant.insert(op);
    return true;
  }

  /// Whether `value` increases by one with each step of the loop.
  bool isStep(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != body)
      return false;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      return index.getDim() == loop;
    auto isOne = [&](Value operand) { return isStep(operand); };
    if (isa<arith::AddIOp>(op)) {
      if (llvm::count_if(op->getOperands(), isOne) != 1)
        return false;
    } else if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
      // A sum such as d0 + d1, which tiling makes of an index.
      AffineExpr sum = getAffineConstantExpr(0, op->getContext());
      AffineMap map = apply.getAffineMap();
      for (unsigned d = 0; d < map.getNumDims(); ++d)
        sum = sum + getAffineDimExpr(d, op->getContext());
      for (unsigned s = 0; s < map.getNumSymbols(); ++s)
        sum = sum + getAffineSymbolExpr(s, op->getContext());
      if (simplifyAffineExpr(map.getResult(0) - sum, map.getNumDims(),
                             map.getNumSymbols()) != 0 ||
          llvm::count_if(op->getOperands(), isOne) != 1)
        return false;
    } else {
      return false;
    }
    if (!llvm::all_of(op->getOperands(), [&](Value operand) {
          return isStep(operand) || isConstant(operand);
        }))
      return false;
    steps.insert(op);
    return true;
  }

  /// Whether `op` was found to be loop-invariant or a step, directly or as an
  /// operand.
  bool isAddressing(Operation *op) const {
    return constant.contains(op) || steps.contains(op);
  }

private:
  Block *body;
  SmallVector<AffineMap> maps;
  unsigned loop;
  llvm::SmallPtrSet<Operation *, 8> constant, steps;
};
} // namespace

SmallVector<tensor::ExtractOp> findGathers(linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || generic.getNumReductionLoops() ||
      generic->getNumRegions() != 1)
    return {};
  for (OpOperand &init : generic.getDpsInitsMutable())
    if (AffineMap map = generic.getMatchingIndexingMap(&init);
        !map.getNumResults() || !map.isProjectedPermutation() ||
        (generic.getNumResults() > 1 && !map.isIdentity()))
      return {};
  AffineMap out = generic.getIndexingMapsArray().back();
  Follower follower(generic, out.getDimPosition(out.getNumResults() - 1));
  SmallVector<tensor::ExtractOp> gathers;
  Block *body = generic.getBlock();
  for (auto extract : body->getOps<tensor::ExtractOp>()) {
    OperandRange indices = extract.getIndices();
    if (!indices.empty() && follower.isStep(indices.back()) &&
        llvm::all_of(indices.drop_back(),
                     [&](Value i) { return follower.isConstant(i); }))
      gathers.push_back(extract);
  }
  // Indices may only be used to address rows: no computed value may depend on
  // them.
  llvm::SmallPtrSet<Operation *, 8> positions;
  for (Operation &inner : *body) {
    if (llvm::is_contained(gathers, &inner))
      continue;
    bool isPosition = isa<tensor::ExtractOp, linalg::IndexOp>(inner) ||
                      llvm::any_of(inner.getOperands(), [&](Value operand) {
                        return positions.contains(operand.getDefiningOp());
                      });
    if (!isPosition)
      continue;
    positions.insert(&inner);
    for (Operation *user : inner.getUsers())
      if (!follower.isAddressing(user) && !llvm::is_contained(gathers, user))
        return {};
  }
  return gathers;
}

} // namespace dlc
