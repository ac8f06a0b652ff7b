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

/// Names that the passes and the emission of the interface agree on.
namespace names {
inline constexpr llvm::StringLiteral shapesSuffix = ".shapes";
inline constexpr llvm::StringLiteral workspaceSuffix = ".workspace";
inline constexpr llvm::StringLiteral taskSuffix = ".task";
inline constexpr llvm::StringLiteral dispatchSuffix = ".dispatch";
/// Module attribute: function name -> array of messages of its checks.
inline constexpr llvm::StringLiteral checks = "dlc.checks";
/// On scf.forall: about the nanoseconds that one iteration takes on one core.
inline constexpr llvm::StringLiteral cost = "dlc.cost";
/// Placeholder call for the number of the worker that runs a parallel loop
/// body.
inline constexpr llvm::StringLiteral worker = "dlc.worker";
/// void(ctx, tasks, cost, function, captures), in the runtime.
inline constexpr llvm::StringLiteral parallelFor = "dlc_rt_parallel_for";
/// Arguments of a kernel before its inputs: context and number of workers.
inline constexpr unsigned kernelPrologue = 2;
} // namespace names

/// Whether `function` is part of the model's interface.
bool isEntry(mlir::func::FuncOp function);

/// Asks for an entry that takes pointers to buffer descriptors.
void markCallable(mlir::func::FuncOp function);

} // namespace dlc

#endif // DLC_CODEGEN_CODEGEN_H
