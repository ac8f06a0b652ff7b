//===- Lowering.h - One module, all the way to LLVM IR ----------*- C++ -*-===//
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

/// What the choice of tiles needs to know of a processor.
codegen::CPUAttr getTarget(const Processor &processor,
                           mlir::MLIRContext *context);

/// Says what a module is compiled for, the least processor first.
void setTargets(mlir::ModuleOp module, llvm::ArrayRef<Processor> processors);

/// Translates a module in the LLVM dialect and adds the interface to it.
mlir::FailureOr<std::unique_ptr<llvm::Module>>
translateToLLVM(mlir::ModuleOp module, const Interface &interface,
                llvm::ArrayRef<Processor> processors, unsigned level,
                const Weights &weights, bool isShared,
                llvm::LLVMContext &context);

/// Puts schedules on the contractions of a module in linalg: those that the
/// file `path` knows for the processor, and for others the best of some that
/// are timed here and now; these are added to the file.
llvm::Error tune(mlir::ModuleOp module, const Processor &processor,
                 llvm::StringRef path, Artifacts &artifacts,
                 llvm::raw_ostream &log);

/// Writes the schedules of a module's loop nests, for a person to edit.
void printSchedules(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Puts the schedules of a file that was written so in place of those that a
/// module has. Says what does not fit, by its line.
llvm::Error readSchedules(mlir::ModuleOp module, llvm::StringRef path);

/// Prints a table of layers: shapes, weights, connections.
void printReport(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Prints a table of fused loop nests: operations, bytes, tiles, expected time.
void printRegions(llvm::ArrayRef<Region> regions, const Interface &interface,
                  llvm::ArrayRef<Processor> processors, llvm::raw_ostream &os);

/// The model's name of the function whose code is in `kernel`.
std::string nameOfKernel(const Interface &interface, llvm::StringRef kernel);

/// Refuses resources whose bytes are not those of their type.
llvm::LogicalResult checkResources(mlir::ModuleOp module);

/// Refuses what no pass can compile: recursion and calls of unknown functions.
llvm::LogicalResult checkCalls(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_LOWERING_H
