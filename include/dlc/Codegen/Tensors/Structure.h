//===- Structure.h - The structure of a linalg op ---------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_STRUCTURE_H
#define DLC_CODEGEN_TENSORS_STRUCTURE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc {

/// Whether the vectoriser supports `op`.
bool isVectorizable(mlir::linalg::LinalgOp op);

/// Returns the first input with dimensions, or null if all are scalars.
mlir::OpOperand *firstTensor(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_STRUCTURE_H
