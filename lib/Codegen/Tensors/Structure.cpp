//===- Structure.cpp - What a linalg op is made of ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {

bool isVectorizable(linalg::LinalgOp op) {
  // An op with several results must not be a reduction, and each map must be
  // the identity.
  if (op->getNumResults() > 1) {
    if (op.getNumReductionLoops())
      return false;
    for (OpOperand &init : op.getDpsInitsMutable())
      if (!op.getMatchingIndexingMap(&init).isIdentity())
        return false;
  }
  bool readsTensors = false;
  op.getBlock()->walk([&](Operation *inner) {
    readsTensors |= isa<tensor::ExtractOp, linalg::IndexOp>(inner);
    // f16 and bf16 in bodies are fine; index arithmetic is left to loops.
  });
  return !readsTensors;
}

OpOperand *firstTensor(linalg::LinalgOp op) {
  for (OpOperand *operand : op.getDpsInputOperands())
    if (op.getMatchingIndexingMap(operand).getNumResults())
      return operand;
  return nullptr;
}

} // namespace dlc
