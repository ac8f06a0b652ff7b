//===- DifferentiateBranch.cpp - Control flow -----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

/// Differentiates the branch that was taken. The derivative of each branch
/// recomputes what it needs of the forward branch.
static LogicalResult differentiateIf(scf::IfOp op, Gradients &outer) {
  SmallVector<Value> captured = findCaptured(op);
  llvm::erase_if(captured, [&](Value value) { return !outer.needs(value); });
  if (captured.empty())
    return success();
  OpBuilder &b = outer.b;
  SmallVector<Value> cotangents;
  for (Value result : op.getResults())
    cotangents.push_back(outer.get(result));
  LogicalResult valid = success();
  auto branch = [&](Block *block) {
    return [&, block](OpBuilder &inner, Location loc) {
      IRMapping mapping;
      SmallVector<Operation *> ops;
      for (Operation &one : block->without_terminator())
        ops.push_back(inner.clone(one, mapping));
      Gradients gradients(inner, outer.options);
      gradients.loc = loc;
      for (Value value : captured)
        gradients.want(value);
      gradients.findActive(ops);
      for (auto [value, g] :
           llvm::zip(block->getTerminator()->getOperands(), cotangents))
        if (g)
          gradients.add(mapping.lookupOrDefault(value), g);
      if (failed(gradients.run(ops)))
        valid = failure();
      SmallVector<Value> results;
      for (Value value : captured)
        results.push_back(gradients.getOrZero(value));
      scf::YieldOp::create(inner, loc, results);
    };
  };
  auto backward =
      scf::IfOp::create(b, op.getLoc(), op.getCondition(),
                        branch(op.thenBlock()), branch(op.elseBlock()));
  if (failed(valid))
    return failure();
  for (auto [value, gradient] : llvm::zip(captured, backward.getResults()))
    outer.add(value, gradient);
  return success();
}

void dlc::attachBranchRules(MLIRContext *context) {
  attachRule<scf::IfOp, differentiateIf>(context);
}
