//===- Rows.h - Ops that share rows -----------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_ROWS_H
#define DLC_LIB_CODEGEN_TENSORS_ROWS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace dlc {

/// Ops that compute each row of a result from the same row of their operands,
/// such as a softmax or a normalisation with its reductions. Processing them
/// row by row keeps their values in the first-level cache.
struct Rows {
  /// The number of outer loops that all ops share.
  unsigned loops = 0;
  /// All ops but the root, which comes last.
  llvm::SmallPtrSet<mlir::Operation *, 8> producers;
};

/// Returns the producers that share rows with `root`. `loops` is 0 if there are
/// none, or no reduction among them.
Rows findRows(mlir::linalg::LinalgOp root);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_ROWS_H
