//===- VectorizePairs.h - Products of pairs of bf16 -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H
#define DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H

#include "dlc/Codegen/CPU/TilingStrategy.h"

namespace dlc::cpu {

/// Vectorises the tile of a contraction whose operands hold bf16 side by side
/// in pairs (Contraction::pair): each step multiplies two elements of a row
/// with two of a column and adds both products to a vector of f32, in one
/// instruction where the machine has it, else in two multiply-adds of widened
/// halves. Fails where `op` is no such tile of known size. Upstream has a
/// lowering to the same instruction for vector.contract over an extra dimension
/// of two, of which every load would be a vector of two elements.
llvm::LogicalResult vectorizePairs(mlir::RewriterBase &rewriter,
                                   mlir::linalg::LinalgOp op, Machine machine);

/// Rounds vectors of f32 to bf16 by the machine's own instruction; without it
/// they are rounded by integer arithmetic.
void populateRoundVectorsPatterns(mlir::RewritePatternSet &patterns,
                                  Machine machine);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_VECTORIZEPAIRS_H
