//===- Structure.h - What a linalg op is made of ----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_STRUCTURE_H
#define DLC_CODEGEN_TENSORS_STRUCTURE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc {

/// Whether the vectoriser takes ops like this one.
bool isVectorizable(mlir::linalg::LinalgOp op);

/// The first input with dimensions; null where all are numbers.
mlir::OpOperand *firstTensor(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_STRUCTURE_H
