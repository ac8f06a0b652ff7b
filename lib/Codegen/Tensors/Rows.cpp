//===- Rows.cpp - Detection of ops that work row by row -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rows.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Structure.h"

using namespace mlir;

namespace dlc {

namespace {
/// Whether the first `rows` loops are parallel and index the first `rows`
/// dimensions of the result.
bool hasRows(linalg::LinalgOp op, unsigned rows) {
  if (op->getNumResults() != 1 || op.getNumLoops() < rows ||
      !op.hasPureTensorSemantics() || !isVectorizable(op) ||
      analyzeContraction(op))
    return false;
  AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
  if (!out.isProjectedPermutation() || out.getNumResults() < rows)
    return false;
  for (unsigned loop = 0; loop < rows; ++loop)
    if (op.getIteratorTypesArray()[loop] != utils::IteratorType::parallel ||
        out.getDimPosition(loop) != loop)
      return false;
  return true;
}

/// Whether every operand of `op` that is `value` is read in its own row only.
bool readsOwnRow(linalg::LinalgOp op, Value value, unsigned rows) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (operand.get() != value)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (map.getNumResults() < rows)
      return false;
    for (unsigned loop = 0; loop < rows; ++loop)
      if (map.getResult(loop) != getAffineDimExpr(loop, op.getContext()))
        return false;
  }
  return true;
}

} // namespace

Rows findRows(linalg::LinalgOp root) {
  Rows found;
  if (root.getNumReductionLoops() || !hasRows(root, 1))
    return found;
  // The nearest reduction determines the rows: its parallel loops.
  SmallVector<linalg::LinalgOp> todo{root};
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (size_t at = 0; at < todo.size(); ++at)
    for (OpOperand *input : todo[at].getDpsInputOperands()) {
      auto producer = input->get().getDefiningOp<linalg::LinalgOp>();
      // Stop at ops without rows, so that the search does not visit a whole
      // network.
      if (!producer || producer->getBlock() != root->getBlock() ||
          !hasRows(producer, 1) || !seen.insert(producer).second)
        continue;
      if (producer.getNumReductionLoops() && !found.loops)
        found.loops = producer.getNumParallelLoops();
      todo.push_back(producer);
    }
  if (!found.loops || !hasRows(root, found.loops) ||
      root.getNumLoops() == found.loops)
    return Rows();
  for (Operation *op : seen)
    if (hasRows(cast<linalg::LinalgOp>(op), found.loops) &&
        !isa<linalg::FillOp>(op))
      found.producers.insert(op);
  // Drop producers with users outside, or with users that read other rows.
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation *op : SmallVector<Operation *>(found.producers.begin(),
                                                  found.producers.end())) {
      bool inside = llvm::all_of(op->getUsers(), [&](Operation *user) {
        return (user == root || found.producers.contains(user)) &&
               readsOwnRow(cast<linalg::LinalgOp>(user), op->getResult(0),
                           found.loops);
      });
      if (!inside) {
        found.producers.erase(op);
        changed = true;
      }
    }
  }
  if (llvm::none_of(found.producers, [](Operation *op) {
        return cast<linalg::LinalgOp>(op).getNumReductionLoops() != 0;
      }))
    return Rows();
  return found;
}

} // namespace dlc
