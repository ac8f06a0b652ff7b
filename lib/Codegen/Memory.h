//===- Memory.h - Globals as views of one memory ----------------*- C++ -*-===//

#ifndef DLC_LIB_CODEGEN_MEMORY_H
#define DLC_LIB_CODEGEN_MEMORY_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace dlc {

/// Each global begins at a cache line.
inline constexpr int64_t globalAlignment = 64;

/// Makes every memref.get_global of a name in `places` a view, at that offset
/// in bytes, of the memory that the function `memory` gives for the context.
void viewGlobals(mlir::ModuleOp module, const llvm::StringMap<int64_t> &places,
                 llvm::StringRef memory);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_MEMORY_H
