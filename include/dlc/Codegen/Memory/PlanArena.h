//===- PlanArena.h - Sizes of buffers ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MEMORY_PLANARENA_H
#define DLC_CODEGEN_MEMORY_PLANARENA_H

#include <cstdint>
#include <optional>

namespace mlir::memref {
class AllocOp;
} // namespace mlir::memref

namespace dlc {

/// Returns the number of elements, or its upper bound if a tile size bounds an
/// unknown extent. Nothing if an extent is unbounded.
std::optional<int64_t> boundElements(mlir::memref::AllocOp alloc);

} // namespace dlc

#endif // DLC_CODEGEN_MEMORY_PLANARENA_H
