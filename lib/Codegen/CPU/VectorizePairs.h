//===- VectorizePairs.h - Products of pairs of bf16 -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H
#define DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H

#include "dlc/Codegen/CPU/TilingStrategy.h"

namespace dlc::cpu {

/// Vectorises the tile of a contraction whose operands hold adjacent pairs of
/// bf16 (Contraction::pair). Each step multiplies two elements of a row with
/// two of a column and adds both products to a vector of f32. This is one
/// instruction where the machine has it, else two multiply-adds of widened
/// halves. Fails if `op` is not such a tile of static size. Upstream's lowering
/// to the same instruction is for vector.contract with an extra dimension of
/// two, and each load would be a vector of two elements.
llvm::LogicalResult vectorizePairs(mlir::RewriterBase &rewriter,
                                   mlir::linalg::LinalgOp op, Machine machine);

/// Adds patterns that round vectors of f32 to bf16 by the machine's
/// instruction. Without it integer arithmetic does the rounding.
void populateRoundVectorsPatterns(mlir::RewritePatternSet &patterns,
                                  Machine machine);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H
