//===- EmitCode.cpp - Optimisation and machine code -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "RunPasses.h"
#include "dlc/Target/Emit.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

namespace dlc {

void runPasses(Module &module, TargetMachine &machine,
               const PipelineTuningOptions &tuning,
               function_ref<ModulePassManager(PassBuilder &)> build) {
  PassBuilder builder(&machine, tuning);
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  build(builder).run(module, modules);
}

void optimize(Module &module, TargetMachine &machine, unsigned level) {
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = level >= 2;
  // dlc itself unrolls tiles where that pays, before LLVM sees them. LLVM would
  // unroll copies too, into blocks of thousands of stores on which its
  // scheduler spends more time than on everything else. There is no
  // straight-line scalar code for SLP vectorisation.
  tuning.LoopUnrolling = tuning.SLPVectorization = false;
  OptimizationLevel levels[] = {OptimizationLevel::O0, OptimizationLevel::O1,
                                OptimizationLevel::O2, OptimizationLevel::O3};
  runPasses(module, machine, tuning, [&](PassBuilder &builder) {
    return level == 0 ? builder.buildO0DefaultPipeline(OptimizationLevel::O0)
                      : builder.buildPerModuleDefaultPipeline(
                            levels[std::min(level, 3u)]);
  });
}

Error emitCode(Module &module, TargetMachine &machine, bool assembly,
               raw_pwrite_stream &os) {
  legacy::PassManager passes;
  passes.add(new TargetLibraryInfoWrapperPass(module.getTargetTriple()));
  if (machine.addPassesToEmitFile(passes, os, nullptr,
                                  assembly ? CodeGenFileType::AssemblyFile
                                           : CodeGenFileType::ObjectFile))
    return createStringError("the target emits no such file");
  passes.run(module);
  return Error::success();
}

} // namespace dlc
