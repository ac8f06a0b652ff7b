//===- Gathers.h - Gathered rows --------------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_GATHERS_H
#define DLC_CODEGEN_TENSORS_GATHERS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace dlc {

/// Returns the tensor.extract ops in the body of `op` that read along a row of
/// a tensor as the innermost loop runs along the result's row. None if the body
/// uses indices for anything but addressing rows. Such a nest can be vectorised
/// once its other loops have one iteration (SliceGathers).
llvm::SmallVector<mlir::tensor::ExtractOp>
findGathers(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_GATHERS_H
