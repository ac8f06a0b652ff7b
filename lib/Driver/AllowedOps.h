//===- AllowedOps.h - What a model may contain ------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_ALLOWEDOPS_H
#define DLC_LIB_DRIVER_ALLOWEDOPS_H

#include "mlir/IR/BuiltinOps.h"

namespace dlc {

/// Rejects ops, types and attributes that are not known to be safe, and
/// functions without a body.
llvm::LogicalResult checkAllowed(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_ALLOWEDOPS_H
