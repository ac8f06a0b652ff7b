//===- HideIndices.h - Indices of unknown origin ----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_BUFFERIZATION_HIDEINDICES_H
#define DLC_CODEGEN_BUFFERIZATION_HIDEINDICES_H

#include "mlir/IR/PatternMatch.h"

namespace dlc {

/// Inserts an identity cast after each index below `root` that is neither a
/// constant nor the result of affine.apply, and returns the casts. Folding
/// removes them.
///
/// Upstream compares slices of tensors by constraints on everything that their
/// offsets and sizes are computed from. Where extents derive from an unknown
/// one through many layers each comparison is long, and there is one for each
/// pair of slices: minutes for a network of attention windows. The casts stop
/// this search. Equal values, and sums of them, remain comparable.
///
/// Upstream compares parts of tensors by constraints over everything that leads
/// to their offsets and sizes. Where extents follow from a free one through
/// many layers each comparison is a long way, and there are as many as pairs of
/// parts: minutes for a network of attention windows. Behind the casts nothing
/// is looked at. Equal values, and sums of them, stay comparable.
llvm::SmallVector<mlir::UnrealizedConversionCastOp>
hideIndices(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace dlc

#endif // DLC_CODEGEN_BUFFERIZATION_HIDEINDICES_H
