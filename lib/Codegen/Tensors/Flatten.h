//===- Flatten.h - Element-wise loops as one --------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_FLATTEN_H
#define DLC_LIB_CODEGEN_TENSORS_FLATTEN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc {

/// Element-wise ops whose operands all run through memory alike have one loop:
/// few, long vectors and no short inner loops.
mlir::linalg::LinalgOp flatten(mlir::RewriterBase &rewriter,
                               mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_FLATTEN_H
