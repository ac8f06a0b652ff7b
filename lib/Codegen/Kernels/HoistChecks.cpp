//===- HoistChecks.cpp - Checks directly after their operands -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_HOISTCHECKS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// Whether `op` is scalar arithmetic that may run speculatively.
bool isMovable(Operation *op) {
  return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         isSpeculatable(op) &&
         llvm::all_of(op->getOperandTypes(),
                      [](Type type) { return type.isIntOrIndexOrFloat(); });
}

/// Moves `value` and its operands, recursively, to just after the last operand
/// and out of loops. `raised` holds the ops already moved; without it, shared
/// operands would make the traversal exponential.
void raise(Value value, DenseSet<Operation *> &raised) {
  Operation *op = value.getDefiningOp();
  if (!op || !isMovable(op) || !raised.insert(op).second)
    return;
  for (Value operand : op->getOperands())
    raise(operand, raised);
  while (true) {
    Operation *last = nullptr;
    bool isArgument = false;
    for (Value operand : op->getOperands()) {
      if (operand.getParentBlock() != op->getBlock())
        continue;
      Operation *made = operand.getDefiningOp();
      isArgument |= !made;
      if (made && (!last || last->isBeforeInBlock(made)))
        last = made;
    }
    if (last) {
      if (last->getNextNode() != op)
        op->moveAfter(last);
      return;
    }
    auto loop = dyn_cast<scf::ForOp>(op->getParentOp());
    if (isArgument || !loop) {
      if (&op->getBlock()->front() != op)
        op->moveBefore(&op->getBlock()->front());
      return;
    }
    op->moveBefore(loop);
  }
}

struct HoistChecks : dlc::impl::HoistChecksBase<HoistChecks> {
  void runOnOperation() override {
    SmallVector<codegen::RequireOp> checks;
    getOperation()->walk(
        [&](codegen::RequireOp check) { checks.push_back(check); });
    for (codegen::RequireOp check : checks)
      hoist(check);
    // Of checks with equal conditions only the dominating one stays.
    DominanceInfo dominance(getOperation());
    llvm::MapVector<Value, SmallVector<codegen::RequireOp>> byCondition;
    getOperation()->walk([&](codegen::RequireOp check) {
      SmallVector<codegen::RequireOp> &others =
          byCondition[check.getCondition()];
      if (llvm::any_of(others, [&](codegen::RequireOp other) {
            return dominance.properlyDominates(other, check);
          }))
        check.erase();
      else
        others.push_back(check);
    });
  }

  static void hoist(codegen::RequireOp check) {
    while (true) {
      DenseSet<Operation *> raised;
      raise(check.getCondition(), raised);
      Operation *made = check.getCondition().getDefiningOp();
      if (made && made->getBlock() == check->getBlock()) {
        check->moveAfter(made);
        return;
      }
      auto loop = dyn_cast<scf::ForOp>(check->getParentOp());
      if (!loop || check.getCondition().getParentBlock() == check->getBlock()) {
        check->moveBefore(&check->getBlock()->front());
        return;
      }
      // The check need not hold if the loop does not run.
      OpBuilder b(loop);
      Value isEmpty = b.createOrFold<arith::CmpIOp>(
          check.getLoc(), arith::CmpIPredicate::sle, loop.getUpperBound(),
          loop.getLowerBound());
      Value holds = b.createOrFold<arith::OrIOp>(check.getLoc(),
                                                 check.getCondition(), isEmpty);
      check.getConditionMutable().assign(holds);
      check->moveBefore(loop);
    }
  }
};
} // namespace
