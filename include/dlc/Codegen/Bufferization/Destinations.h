//===- Destinations.h - What a tensor was written to ------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H
#define DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H

#include "mlir/IR/Value.h"

namespace dlc {

/// Whether `value` is what was written to `buffer`, as a whole or piece by
/// piece, whichever way a branch takes.
bool isWrittenTo(mlir::Value value, mlir::Value buffer);

/// Whether extent `d` of `value` is that of `carried`, which an iteration of a
/// loop begins with. Looks only at how values are made, and is asked before
/// anything in the loop has changed.
bool keepsExtent(mlir::Value value, int64_t d, mlir::BlockArgument carried,
                 int64_t depth = 0);

} // namespace dlc

#endif // DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H
