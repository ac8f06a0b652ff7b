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

/// Rejects what no pass can compile: recursion and calls of unknown functions.
llvm::LogicalResult checkCalls(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_LOWERING_H
