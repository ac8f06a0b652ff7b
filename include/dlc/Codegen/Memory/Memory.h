//===- Memory.h - Where globals and buffers lie -----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MEMORY_MEMORY_H
#define DLC_CODEGEN_MEMORY_MEMORY_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace mlir::memref {
class AllocOp;
} // namespace mlir::memref

namespace dlc {

/// Each global and each buffer begins at a cache line.
inline constexpr int64_t globalAlignment = 64;

/// Makes every memref.get_global of a name in `places` a view, at that offset
/// in bytes, of what `memory` makes of a kernel's context.
void viewGlobals(mlir::ModuleOp module, const llvm::StringMap<int64_t> &places,
                 llvm::function_ref<mlir::Value(
                     mlir::OpBuilder &, mlir::Location, mlir::Value context)>
                     memory);

/// The number of elements, or the most there can be where an extent is that of
/// a tile; nothing where an extent is free.
std::optional<int64_t> boundElements(mlir::memref::AllocOp alloc);

} // namespace dlc

#endif // DLC_CODEGEN_MEMORY_MEMORY_H
