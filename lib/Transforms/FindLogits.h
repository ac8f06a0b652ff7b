//===- FindLogits.h - What a loss of classes is taken of --------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_TRANSFORMS_FINDLOGITS_H
#define DLC_LIB_TRANSFORMS_FINDLOGITS_H

#include "dlc/Dialect/DL/IR/DL.h"

namespace dlc {

/// The ops from a function that makes probabilities to a result. They move
/// elements, or clip them near 0 and 1.
struct Probabilities {
  /// A softmax, its logarithm or a logistic function; null if none makes the
  /// result.
  mlir::Operation *producer = nullptr;
  /// In order, beginning after the producer.
  llvm::SmallVector<mlir::Operation *> chain;
  /// The dimension of the result along which the classes of a softmax lie.
  std::optional<int64_t> axis;
  /// An op that changes probabilities before they reach the result.
  mlir::Operation *blocker = nullptr;
};

Probabilities findProbabilities(mlir::Value result);

/// The result without the function: its operand, moved in the same chain.
mlir::Value takeLogits(mlir::OpBuilder &b, mlir::Value result,
                       const Probabilities &made);

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_FINDLOGITS_H
