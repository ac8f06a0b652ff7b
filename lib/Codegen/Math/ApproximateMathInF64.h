//===- ApproximateMathInF64.h - f32 functions by way of f64 -----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H
#define DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H

#include "mlir/IR/PatternMatch.h"

namespace dlc {

/// Adds patterns for powers, circular and hyperbolic functions and their
/// inverses on f32. They compute in f64, so each result is within 1 ULP. Angles
/// beyond 2^50 are left to libm (1.1 ULP).
void populateApproximateMathInF64Patterns(mlir::RewritePatternSet &patterns);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H
