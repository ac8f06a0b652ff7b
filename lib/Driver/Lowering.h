//===- Lowering.h - Lowers a module to LLVM IR ------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_LOWERING_H
#define DLC_LIB_DRIVER_LOWERING_H

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Driver/Pipelines.h"
#include "dlc/Target/Interface.h"
#include "dlc/Target/Processor.h"
#include <memory>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace dlc {

class Artifacts;
struct Region;
struct Weights;

/// Returns what the choice of tiles needs to know about a processor.
codegen::CPUAttr getTarget(const Processor &processor,
                           mlir::MLIRContext *context);

/// Sets the processors that a module is compiled for, the least capable first.
void setTargets(mlir::ModuleOp module, llvm::ArrayRef<Processor> processors);

/// Translates a module in the LLVM dialect and adds the interface to it.
mlir::FailureOr<std::unique_ptr<llvm::Module>>
translateToLLVM(mlir::ModuleOp module, const Interface &interface,
                llvm::ArrayRef<Processor> processors, unsigned level,
                const Weights &weights, bool isShared,
                llvm::LLVMContext &context);

/// Sets schedules on the contractions of a module in linalg: those that the
/// file `path` has for the processor, otherwise the best of several that are
/// timed now. The new ones are added to the file.
llvm::Error tune(mlir::ModuleOp module, const Processor &processor,
                 llvm::StringRef path, Artifacts &artifacts,
                 llvm::raw_ostream &log);

/// Writes the schedules of a module's loop nests in an editable form.
void printSchedules(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Replaces the schedules of a module by those of a file written by
/// printSchedules. The error names the line that does not fit.
llvm::Error readSchedules(mlir::ModuleOp module, llvm::StringRef path);

/// Prints a table of layers: shapes, weights, connections.
void printReport(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Prints a table of fused loop nests: operations, bytes, tiles, expected time.
void printRegions(llvm::ArrayRef<Region> regions, const Interface &interface,
                  llvm::raw_ostream &os);

/// Returns the model's name for the function whose code is in `kernel`.
std::string nameOfKernel(const Interface &interface, llvm::StringRef kernel);

/// Rejects resources whose size is not that of their type.
llvm::LogicalResult checkResources(mlir::ModuleOp module);

/// Rejects what no pass can compile: recursion and calls of unknown functions.
llvm::LogicalResult checkCalls(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_LOWERING_H
