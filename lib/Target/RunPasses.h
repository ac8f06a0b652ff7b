//===- RunPasses.h - Runs LLVM passes over a module -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_TARGET_RUNPASSES_H
#define DLC_LIB_TARGET_RUNPASSES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Passes/PassBuilder.h"

namespace dlc {

/// Runs the pipeline that `build` returns, with the analyses that it needs.
void runPasses(
    llvm::Module &module, llvm::TargetMachine &machine,
    const llvm::PipelineTuningOptions &tuning,
    llvm::function_ref<llvm::ModulePassManager(llvm::PassBuilder &)> build);

} // namespace dlc

#endif // DLC_LIB_TARGET_RUNPASSES_H
