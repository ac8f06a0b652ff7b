//===- Contraction.h - The roles of a product's loops -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_CONTRACTION_H
#define DLC_CODEGEN_TENSORS_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace dlc {

/// Loops of a contraction: any op that multiplies two operands and adds up, a
/// matrix product as well as a convolution.
struct Contraction {
  /// Contiguous in result and right operand: becomes the vector.
  unsigned n;
  /// Not in the right operand; the innermost of them: rows of the register
  /// tile.
  std::optional<unsigned> m;
  /// Parallel loops of the right operand but `n` (batch, group).
  llvm::SmallVector<unsigned> shared;
  /// Parallel loops that are neither (batch, image rows).
  llvm::SmallVector<unsigned> outer;
  /// Whether the left operand has `n` too: each column has a sum of its own
  /// elements (a depthwise convolution).
  bool isDepthwise = false;
  /// The innermost reduction loop, of two steps, where both operands hold pairs
  /// (RoundOperands): the left one's last index is 2 k + pair, the right one's
  /// 2 n + pair.
  std::optional<unsigned> pair;
};

/// The roles of the loops, or nothing where `op` is no contraction or its right
/// operand is not contiguous along the result's last dimension.
std::optional<Contraction> analyzeContraction(mlir::linalg::LinalgOp op);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_CONTRACTION_H
