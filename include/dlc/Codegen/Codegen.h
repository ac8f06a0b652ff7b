//===- Codegen.h - From linalg to machine loops -----------------*- C++ -*-===//

#ifndef DLC_CODEGEN_CODEGEN_H
#define DLC_CODEGEN_CODEGEN_H

#include "mlir/Pass/Pass.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Codegen/Passes.h.inc"

/// Arguments of a kernel before its inputs: context and number of workers.
inline constexpr unsigned kernelPrologue = 2;

/// Whether `function` is part of the model's interface.
bool isEntry(mlir::func::FuncOp function);

/// Asks for an entry that takes pointers to buffer descriptors.
void markCallable(mlir::func::FuncOp function);

} // namespace dlc

#endif // DLC_CODEGEN_CODEGEN_H
