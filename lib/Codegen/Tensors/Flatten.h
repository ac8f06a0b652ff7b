//===- Flatten.h - Collapsing of element-wise loops -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_FLATTEN_H
#define DLC_LIB_CODEGEN_TENSORS_FLATTEN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc {

/// Collapses the loops of an element-wise op that all operands traverse in the
/// order of memory, and returns the new op, or `op` if there are none. Fewer
/// loops give long vectors and no short inner loops.
mlir::linalg::LinalgOp flatten(mlir::RewriterBase &rewriter,
                               mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_FLATTEN_H
