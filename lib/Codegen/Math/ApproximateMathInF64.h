//===- ApproximateMathInF64.h - f32 functions by way of f64 -----------------*-
//C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H
#define DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H

#include "mlir/IR/PatternMatch.h"

namespace dlc {

/// Powers, circular and hyperbolic functions and their inverses of f32, each
/// within 1 unit in the last place: what they lose is lost in f64. Angles
/// beyond 2^50 are libm's (1.1 units).
void populateApproximateMathInF64Patterns(mlir::RewritePatternSet &patterns);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_MATH_APPROXIMATEMATHINF64_H
