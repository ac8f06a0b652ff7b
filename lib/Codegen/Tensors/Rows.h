//===- Rows.h - Ops that share rows -----------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_ROWS_H
#define DLC_LIB_CODEGEN_TENSORS_ROWS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace dlc {

/// Ops that compute a row of a result from the same row of what they read: a
/// softmax or a normalisation with its reductions. Row by row all of them work
/// on what the first level cache holds.
struct Rows {
  /// How many outer loops all of them share.
  unsigned loops = 0;
  /// All but the root, which comes last.
  llvm::SmallPtrSet<mlir::Operation *, 8> producers;
};

/// The producers that share rows with `root`, if a reduction is among them; no
/// loops where there are none.
Rows findRows(mlir::linalg::LinalgOp root);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_ROWS_H
