//===- Gathers.h - Rows that are looked up ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_GATHERS_H
#define DLC_CODEGEN_TENSORS_GATHERS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace dlc {

/// The tensor.extract ops in the body of `op` that walk along a row of a tensor
/// as the innermost loop walks along the result's, where the body's indices
/// serve to find rows alone; else none. Such a nest becomes vectors once its
/// other loops take one step (SliceGathers).
llvm::SmallVector<mlir::tensor::ExtractOp>
findGathers(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_GATHERS_H
