//===- PlaceWeights.h - Globals as views of one memory ----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MEMORY_PLACEWEIGHTS_H
#define DLC_CODEGEN_MEMORY_PLACEWEIGHTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace dlc {

/// The alignment of each global and each buffer: a cache line.
inline constexpr int64_t globalAlignment = 64;

/// Replaces every memref.get_global of a name in `places` by a view of the
/// memory that `memory` returns for a kernel's context. `places` holds offsets
/// in bytes.
void viewGlobals(mlir::ModuleOp module, const llvm::StringMap<int64_t> &places,
                 llvm::function_ref<mlir::Value(
                     mlir::OpBuilder &, mlir::Location, mlir::Value context)>
                     memory);

} // namespace dlc

#endif // DLC_CODEGEN_MEMORY_PLACEWEIGHTS_H
