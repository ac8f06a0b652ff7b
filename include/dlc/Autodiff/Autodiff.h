//===- Autodiff.h - Derivatives of dl ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_AUTODIFF_AUTODIFF_H
#define DLC_AUTODIFF_AUTODIFF_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Autodiff/Passes.h.inc"

/// Attaches the rules of all op families.
void registerDerivatives(mlir::DialectRegistry &registry);

} // namespace dlc

#endif // DLC_AUTODIFF_AUTODIFF_H
