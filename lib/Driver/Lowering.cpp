//===- Lowering.cpp - Lowers a module to LLVM IR --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Lowering.h"
#include "ReadMLIR.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Target/Emit.h"
#include "mlir/Analysis/CallGraph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/SCCIterator.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace dlc {

codegen::CPUAttr getTarget(const Processor &processor, MLIRContext *context) {
  return codegen::CPUAttr::get(
      context, processor.cpu, processor.vectorBits, processor.vectorRegisters,
      processor.cacheBytes, processor.sharedCacheBytes, processor.hasBF16Dot);
}

void setTargets(ModuleOp module, ArrayRef<Processor> processors) {
  SmallVector<Attribute> targets;
  for (const Processor &processor : processors)
    targets.push_back(getTarget(processor, module.getContext()));
  module->setAttr(codegen::targets,
                  ArrayAttr::get(module.getContext(), targets));
}

FailureOr<std::unique_ptr<llvm::Module>>
translateToLLVM(ModuleOp module, const Interface &interface,
                ArrayRef<Processor> processors, unsigned level,
                const Weights &weights, bool isShared,
                llvm::LLVMContext &context) {
  Kernels kernels = readKernels(module);
  std::unique_ptr<llvm::TargetMachine> machine =
      processors.front().makeMachine(level);
  // The value is as large as the model's weights and is kept out of LLVM.
  module->removeAttr(codegen::weights);
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(module, context, interface.name);
  if (!result)
    return failure();
  result->setDataLayout(machine->createDataLayout());
  result->setTargetTriple(machine->getTargetTriple());
  if (llvm::Error error = emitInterface(*result, interface, kernels, processors,
                                        weights, isShared))
    return module.emitError(llvm::toString(std::move(error)));
  return result;
}

/// Calls are inlined, so a chain of functions that each call the next one twice
/// grows exponentially with its length.
static LogicalResult checkInlinedSizes(ModuleOp module) {
  llvm::StringMap<uint64_t> sizes; // calls do not recurse
  auto sizeOf = [&](auto &self, func::FuncOp function) -> uint64_t {
    if (auto known = sizes.find(function.getName()); known != sizes.end())
      return known->second;
    uint64_t size = 0;
    function.walk([&](Operation *op) {
      size = llvm::SaturatingAdd(size, uint64_t(1));
      if (auto call = dyn_cast<func::CallOp>(op))
        if (auto callee = module.lookupSymbol<func::FuncOp>(call.getCallee()))
          size = llvm::SaturatingAdd(size, self(self, callee));
    });
    return sizes[function.getName()] = size;
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    bool hasCall =
        function.walk([](func::CallOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    // Only the first function that is too large is reported; its callers exceed
    // the limit because of it.
    if (hasCall && sizeOf(sizeOf, function) > maxInlinedOps)
      return function.emitError("function '")
             << function.getName() << "' grows to " << sizeOf(sizeOf, function)
             << " ops when all that it calls is written out in it, expected "
             << maxInlinedOps << " at most";
  }
  return success();
}

LogicalResult checkCalls(ModuleOp module) {
  CallGraph graph(module);
  LogicalResult result = success();
  for (auto scc = llvm::scc_begin(const_cast<const CallGraph *>(&graph));
       !scc.isAtEnd(); ++scc) {
    if (!scc.hasCycle())
      continue;
    for (const CallGraphNode *node : *scc) {
      if (node->isExternal())
        continue;
      auto function =
          node->getCallableRegion()->getParentOfType<func::FuncOp>();
      if (!function)
        continue;
      function.emitError("function '") << function.getName()
                                       << "' calls itself, directly or through "
                                          "others, expected no recursion";
      result = failure();
    }
  }
  return failed(result) ? result : checkInlinedSizes(module);
}

} // namespace dlc
