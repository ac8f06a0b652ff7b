//===- Tune.h - Schedules by measurement ------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_TUNE_H
#define DLC_LIB_DRIVER_TUNE_H

#include "dlc/Target/Processor.h"
#include "mlir/IR/BuiltinOps.h"

namespace dlc {

class Artifacts;

/// Sets schedules on the contractions of a module in linalg: those that the
/// file `path` has for the processor, otherwise the best of several that are
/// timed now. The new ones are added to the file.
llvm::Error tune(mlir::ModuleOp module, const Processor &processor,
                 llvm::StringRef path, Artifacts &artifacts,
                 llvm::raw_ostream &log);

} // namespace dlc

#endif // DLC_LIB_DRIVER_TUNE_H
