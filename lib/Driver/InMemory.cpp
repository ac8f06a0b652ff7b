//===- InMemory.cpp - A library compiled into memory ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "InMemory.h"
#include "Lowering.h"
#include "dlc/Target/Emit.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace dlc {

InMemory::InMemory() = default;
InMemory::InMemory(InMemory &&other)
    : jit(std::move(other.jit)), library(other.library),
      context(std::exchange(other.context, nullptr)) {}
InMemory::~InMemory() {
  if (context)
    library->destroy(context);
}

static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
load(std::unique_ptr<llvm::Module> code,
     std::unique_ptr<llvm::LLVMContext> context, const Processor &processor,
     unsigned level) {
  auto jit =
      llvm::orc::LLJITBuilder()
          .setCompileFunctionCreator(
              [&](const llvm::orc::JITTargetMachineBuilder &)
                  -> llvm::Expected<
                      std::unique_ptr<llvm::orc::IRCompileLayer::IRCompiler>> {
                return std::make_unique<llvm::orc::TMOwningSimpleCompiler>(
                    processor.makeMachine(level));
              })
          .create();
  if (!jit)
    return jit.takeError();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  if (llvm::Error error = (*jit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(code), std::move(context))))
    return error;
  return std::move(*jit);
}

FailureOr<InMemory>
InMemory::compile(ModuleOp module, const Processor &processor, unsigned level) {
  FailureOr<Interface> interface = readInterface(module, "evaluate");
  if (failed(interface))
    return failure();
  PipelineOptions options;
  options.plainLoops = level < 2; // as in dlc -O
  setTargets(module, processor);
  PassManager pm(module.getContext());
  pm.enableVerifier(false); // models are verified elsewhere
  buildLinalgPipeline(pm, options);
  buildSchedulePipeline(pm, options);
  buildVectorPipeline(pm, options);
  buildLLVMPipeline(pm, options);
  if (failed(pm.run(module)))
    return failure();
  auto context = std::make_unique<llvm::LLVMContext>();
  FailureOr<std::unique_ptr<llvm::Module>> code =
      translateToLLVM(module, *interface, {processor}, level, Weights(),
                      /*isShared=*/false, *context);
  if (failed(code))
    return failure();
  optimize(**code, *processor.makeMachine(level), level);
  InMemory result;
  auto jit = load(std::move(*code), std::move(context), processor, level);
  if (!jit)
    return module.emitError(llvm::toString(jit.takeError()));
  result.jit = std::move(*jit);
  auto symbol = result.jit->lookup("evaluate_library");
  if (!symbol)
    return module.emitError(llvm::toString(symbol.takeError()));
  result.library = symbol->toPtr<const dlc_library_info *()>()();
  dlc_options threads = {};
  threads.size = sizeof threads;
  threads.threads = 1;
  if (result.library->create(&result.context, &threads, DLC_ABI_VERSION,
                             result.library->interface_hash) != DLC_OK)
    return module.emitError(result.library->error(result.context));
  return result;
}

llvm::Error InMemory::call(ArrayRef<void *> inputs, ArrayRef<void *> outputs) {
  std::vector<dlc_tensor> tensors;
  const dlc_argument *argument = function().arguments;
  for (ArrayRef<void *> list : {inputs, outputs})
    for (void *data : list) {
      tensors.push_back(
          {data, argument->shape, argument->rank, argument->element});
      ++argument;
    }
  if (library->call(context, 0, tensors.data(),
                    tensors.data() + inputs.size()) != DLC_OK)
    return llvm::createStringError(library->error(context));
  return llvm::Error::success();
}

} // namespace dlc
