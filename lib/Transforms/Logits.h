//===- Logits.h - What a loss of classes is taken of ------------*- C++ -*-===//

#ifndef DLC_LIB_TRANSFORMS_LOGITS_H
#define DLC_LIB_TRANSFORMS_LOGITS_H

#include "dlc/Dialect/DL/IR/DL.h"

namespace dlc {

/// The way from a function that makes probabilities to a result: ops that move
/// elements or keep them off 0 and 1.
struct Probabilities {
  /// A softmax, its logarithm or a logistic function; null where the result is
  /// made by none.
  mlir::Operation *maker = nullptr;
  /// From the maker on.
  llvm::SmallVector<mlir::Operation *> way;
  /// The dimension of the result that the classes of a softmax are in.
  std::optional<int64_t> axis;
  /// An op through which probabilities reach the result changed.
  mlir::Operation *hidden = nullptr;
};

Probabilities findProbabilities(mlir::Value result);

/// The result without the function: what comes before it, moved the same way.
mlir::Value takeLogits(mlir::OpBuilder &b, mlir::Value result,
                       const Probabilities &made);

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_LOGITS_H
