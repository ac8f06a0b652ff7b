//===- Rules.h - The rules of each family -----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_AUTODIFF_RULES_H
#define DLC_LIB_AUTODIFF_RULES_H

#include "dlc/Autodiff/Gradients.h"
#include "dlc/Dialect/DL/IR/Inference.h"

namespace dlc {

/// Marks a scan that keeps only its states and runs its cell again.
inline constexpr llvm::StringLiteral recomputedAttr = "dlc.recomputed";

/// Whether recomputing the results of an op costs no more than reading them.
bool isCheap(mlir::Operation *op);

void attachLinearRules(mlir::MLIRContext *context);
void attachConvolutionRules(mlir::MLIRContext *context);
void attachPoolingRules(mlir::MLIRContext *context);
void attachNormalizationRules(mlir::MLIRContext *context);
void attachReductionRules(mlir::MLIRContext *context);
void attachShapeRules(mlir::MLIRContext *context);
void attachIndexingRules(mlir::MLIRContext *context);
void attachDetectionRules(mlir::MLIRContext *context);
void attachScanRules(mlir::MLIRContext *context);
void attachBranchRules(mlir::MLIRContext *context);
void attachGenericRules(mlir::MLIRContext *context);

} // namespace dlc

#endif // DLC_LIB_AUTODIFF_RULES_H
