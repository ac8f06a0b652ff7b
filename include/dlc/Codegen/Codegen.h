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
/// Module attribute: function name -> numbers of the extents of its results,
/// all in one row, that follow from values.
inline constexpr llvm::StringLiteral computed = "dlc.computed";
/// memref<?xi8>(ctx, bytes): memory until the context's next call. Defined by
/// EmitDispatch over the runtime's function.
inline constexpr llvm::StringLiteral allocate = "dlc.allocate";
inline constexpr llvm::StringLiteral runtimeAllocate = "dlc_rt_allocate";
/// Module attributes: values of the constants that are put aside, and where
/// each begins.
inline constexpr llvm::StringLiteral weights = "dlc.weights";
inline constexpr llvm::StringLiteral weightOffsets = "dlc.weight_offsets";
/// memref<?xi8>(ctx): the memory of those constants. Defined by EmitDispatch.
inline constexpr llvm::StringLiteral weightMemory = "dlc.weight_memory";
inline constexpr llvm::StringLiteral runtimeWeights = "dlc_rt_weights";
/// Module attribute: the mutable globals, a dictionary each of name, type,
/// offset in the context's state and place of the first value among the weights
/// (-1: all zeros). Placed by PlaceState.
inline constexpr llvm::StringLiteral states = "dlc.states";
/// memref<?xi8>(ctx): the memory of the state. Defined by EmitDispatch.
inline constexpr llvm::StringLiteral stateMemory = "dlc.state_memory";
inline constexpr llvm::StringLiteral runtimeState = "dlc_rt_state";
/// void(ctx, result, pointer) and void(ctx, number, extent): where a computed
/// result lies, and one of its extents.
inline constexpr llvm::StringLiteral setResult = "dlc_rt_set_result";
inline constexpr llvm::StringLiteral setExtent = "dlc_rt_set_extent";
/// void(ctx, message): ends the call; does not return.
inline constexpr llvm::StringLiteral fail = "dlc_rt_fail";
/// On a loop over the steps of a scan.
inline constexpr llvm::StringLiteral steps = "dlc.steps";
/// On scf.forall: about the nanoseconds that one iteration takes on one core.
inline constexpr llvm::StringLiteral cost = "dlc.cost";
/// On a contraction: rows and vector columns of its register tile and whether
/// rows come before columns (cpu::Schedule), as somebody measured.
inline constexpr llvm::StringLiteral schedule = "dlc.schedule";
/// On a loop nest that TileAndFuse made: what it computes. Module attribute:
/// the same of all nests, by number. See CPU/Regions.h.
inline constexpr llvm::StringLiteral region = "dlc.region";
inline constexpr llvm::StringLiteral regions = "dlc.regions";
/// void(ctx, number): a region begins here; -1: it ends. In the runtime.
inline constexpr llvm::StringLiteral mark = "dlc_rt_mark";
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
