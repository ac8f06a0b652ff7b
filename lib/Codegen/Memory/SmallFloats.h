//===- SmallFloats.h - Conversions of floats of at most 8 bits --*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_MEMORY_SMALLFLOATS_H
#define DLC_LIB_CODEGEN_MEMORY_SMALLFLOATS_H

#include "mlir/IR/PatternMatch.h"

namespace dlc {

/// Whether `type` is a float of at most 8 bits.
bool isSmallFloat(mlir::Type type);

/// Patterns that expand `arith.extf` of small floats to f32, and `arith.truncf`
/// to small floats, into operations on bits, of numbers and of vectors. Rounds
/// to nearest, ties to even, from f64 by way of f32. A number that is too large
/// becomes infinity, or NaN in a format without infinity, or the largest number
/// in one without either; NaN becomes -0 where there is no NaN. Upstream
/// expands f8E8M0FNU, whose least number it reads as 0, and f4E2M1FN, and no
/// other format.
void populateExpandSmallFloatPatterns(mlir::RewritePatternSet &patterns);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_MEMORY_SMALLFLOATS_H
