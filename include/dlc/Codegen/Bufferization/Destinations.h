//===- Destinations.h - What a tensor was written to ------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H
#define DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H

#include "mlir/IR/Value.h"

namespace dlc {

/// Whether `value` is the result of writing to `buffer`, as a whole or in
/// pieces, in every branch.
bool isWrittenTo(mlir::Value value, mlir::Value buffer);

/// Whether extent `d` of `value` equals that of `carried`, a loop's iteration
/// argument. Only looks at how values are defined; must be called before
/// anything in the loop is changed.
bool keepsExtent(mlir::Value value, int64_t d, mlir::BlockArgument carried,
                 int64_t depth = 0);

} // namespace dlc

#endif // DLC_CODEGEN_BUFFERIZATION_DESTINATIONS_H
