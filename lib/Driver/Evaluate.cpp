//===- Evaluate.cpp - Constants by the compiler itself --------------------===//
//
// A module's function `@evaluate` goes down the same way as a model, into
// memory instead of a file, and is called through the same interface. What is
// folded has therefore the bits that the library itself would have computed.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Target/Emit.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace dlc {

/// Constants up to this size are stored inline, larger ones as resources.
static constexpr int64_t inlineBytes = 256;

static int64_t bytesOf(RankedTensorType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

/// Takes over the memory of a large result.
static ElementsAttr toAttribute(RankedTensorType type, AsmResourceBlob blob) {
  ArrayRef<char> data = blob.getData();
  unsigned width = type.getElementTypeBitWidth();
  if (width == 1) {
    SmallVector<bool> bits;
    for (char byte : data)
      bits.push_back(byte != 0);
    return DenseElementsAttr::get(type, bits);
  }
  if (width < 8) {
    SmallVector<APInt> bits;
    for (char byte : data)
      bits.push_back(APInt(8, uint8_t(byte)).trunc(width));
    if (auto element = dyn_cast<FloatType>(type.getElementType())) {
      SmallVector<APFloat> floats;
      for (const APInt &value : bits)
        floats.push_back(APFloat(element.getFloatSemantics(), value));
      return DenseElementsAttr::get(type, floats);
    }
    return DenseElementsAttr::get(type, bits);
  }
  if (int64_t(data.size()) <= inlineBytes)
    return type.getNumElements()
               ? DenseElementsAttr::getFromRawBuffer(type, data)
               : DenseElementsAttr::get(type, ArrayRef<Attribute>());
  return DenseResourceElementsAttr::get(type, "folded", std::move(blob));
}

static llvm::Expected<std::vector<ElementsAttr>>
runInMemory(std::unique_ptr<llvm::Module> code,
            std::unique_ptr<llvm::LLVMContext> context,
            const Processor &processor, ArrayRef<RankedTensorType> types,
            ArrayRef<DenseResourceElementsAttr> inputs) {
  auto jit =
      llvm::orc::LLJITBuilder()
          .setCompileFunctionCreator(
              [&](llvm::orc::JITTargetMachineBuilder)
                  -> llvm::Expected<
                      std::unique_ptr<llvm::orc::IRCompileLayer::IRCompiler>> {
                return std::make_unique<llvm::orc::TMOwningSimpleCompiler>(
                    processor.makeMachine(1));
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
  auto symbol = (*jit)->lookup("evaluate_library");
  if (!symbol)
    return symbol.takeError();
  const dlc_library_info *library =
      symbol->toPtr<const dlc_library_info *()>()();

  dlc_context *run = nullptr;
  dlc_options options = {};
  options.threads = 1;
  dlc_status status =
      library->create(&run, &options, DLC_ABI_VERSION, library->interface_hash);
  const dlc_function &function = library->functions[0];
  std::vector<dlc_tensor> given, outputs;
  auto describe = [&](size_t i, ArrayRef<char> data) -> dlc_tensor {
    const dlc_argument &argument = function.arguments[i];
    return {const_cast<char *>(data.data()), argument.shape, argument.rank,
            argument.element};
  };
  for (auto [i, input] : llvm::enumerate(inputs))
    given.push_back(describe(i, input.getRawHandle().getBlob()->getData()));
  std::vector<AsmResourceBlob> blobs;
  for (auto [i, type] : llvm::enumerate(types)) {
    // Empty results need an address as well.
    blobs.push_back(HeapAsmResourceBlob::allocate(
        std::max<int64_t>(bytesOf(type), 1), /*align=*/64));
    outputs.push_back(describe(inputs.size() + i, blobs.back().getData()));
  }
  if (status == DLC_OK)
    status = library->call(run, 0, given.data(), outputs.data());
  std::string message = library->error(run);
  library->destroy(run);
  if (status != DLC_OK)
    return llvm::createStringError(message);
  std::vector<ElementsAttr> values;
  for (auto [type, blob] : llvm::zip(types, blobs))
    values.push_back(toAttribute(type, std::move(blob)));
  return values;
}

static FailureOr<std::vector<ElementsAttr>>
evaluate(ModuleOp module, ArrayRef<DenseResourceElementsAttr> inputs) {
  llvm::Expected<Processor> processor = Processor::get("native");
  if (!processor)
    return module.emitError(llvm::toString(processor.takeError()));
  constexpr unsigned level = 1; // compiled to run once
  SmallVector<RankedTensorType> types;
  auto function = *module.getOps<FunctionOpInterface>().begin();
  for (Type type : function.getResultTypes())
    types.push_back(cast<RankedTensorType>(type));
  FailureOr<Interface> interface = readInterface(module, "evaluate");
  if (failed(interface))
    return failure();
  PipelineOptions options;
  configure(options, {*processor}, level);
  PassManager pm(module.getContext());
  buildLinalgPipeline(pm, options);
  buildVectorPipeline(pm, options);
  buildLLVMPipeline(pm, options);
  if (failed(pm.run(module)))
    return failure();
  auto context = std::make_unique<llvm::LLVMContext>();
  FailureOr<std::unique_ptr<llvm::Module>> code =
      translateToLLVM(module, *interface, {*processor}, level, Weights(),
                      /*isShared=*/false, *context);
  if (failed(code))
    return failure();
  optimize(**code, *processor->makeMachine(level), level);
  auto values = runInMemory(std::move(*code), std::move(context), *processor,
                            types, inputs);
  if (!values)
    return module.emitError("could not run constant operations: ")
           << llvm::toString(values.takeError());
  return std::move(*values);
}

void installEvaluator() { setEvaluator(evaluate); }

} // namespace dlc
