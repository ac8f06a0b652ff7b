//===- Contraction.h - The roles of a product's loops -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_CONTRACTION_H
#define DLC_CODEGEN_TENSORS_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace dlc {

/// The loops of a contraction: any op that multiplies two operands and
/// accumulates, such as a matrix product or a convolution.
struct Contraction {
  /// Contiguous in the result and the right operand; becomes the vector.
  unsigned n;
  /// The innermost loop of several rows that the right operand does not have;
  /// becomes the rows of the register tile.
  std::optional<unsigned> m;
  /// Other parallel loops that the right operand has (batch, group).
  llvm::SmallVector<unsigned> shared;
  /// The remaining parallel loops (batch, image rows).
  llvm::SmallVector<unsigned> outer;
  /// Whether the left operand has `n` too, so that each column is a sum of its
  /// own elements (a depthwise convolution).
  bool isDepthwise = false;
  /// The innermost reduction loop, of two steps, if both operands hold pairs
  /// (RoundOperands). The left operand's last index is 2 k + pair, the right
  /// operand's is 2 n + pair.
  std::optional<unsigned> pair;
};

/// Returns the roles of the loops. Nothing if `op` is not a contraction, or if
/// its right operand is not contiguous along the result's last dimension.
std::optional<Contraction> analyzeContraction(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_CONTRACTION_H
