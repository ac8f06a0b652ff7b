//===- CheckResources.h - Checks resource sizes against types ---*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_CHECKRESOURCES_H
#define DLC_LIB_DRIVER_CHECKRESOURCES_H

#include "mlir/IR/BuiltinOps.h"

namespace dlc {

/// Rejects resources whose size is not that of their type.
llvm::LogicalResult checkResources(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_CHECKRESOURCES_H
