//===- Schedules.h - Schedules as a text that a person edits ----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_SCHEDULES_H
#define DLC_LIB_DRIVER_SCHEDULES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// Writes the schedules of a module's loop nests in an editable form.
void printSchedules(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Replaces the schedules of a module by those of a file written by
/// printSchedules. The error names the line that does not fit.
llvm::Error readSchedules(mlir::ModuleOp module, llvm::StringRef path);

} // namespace dlc

#endif // DLC_LIB_DRIVER_SCHEDULES_H
