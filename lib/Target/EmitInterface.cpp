//===- EmitInterface.cpp - Runtime, tables and entry points ---------------===//

#include "dlc/Codegen/Codegen.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Target/Emit.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace dlc {

/// The runtime as bitcode; generated while building.
extern const char runtimeBitcode[];
extern const unsigned runtimeBitcodeSize;

namespace {

/// cpuid bits of the features that kernels may use (Intel SDM, volume 2A,
/// CPUID).
struct FeatureBit {
  const char *name;
  unsigned word; // field of dlc_rt_cpu
  unsigned bit;
};
constexpr FeatureBit featureBits[] = {{"sse3", 0, 0},
                                      {"pclmul", 0, 1},
                                      {"ssse3", 0, 9},
                                      {"fma", 0, 12},
                                      {"sse4.1", 0, 19},
                                      {"sse4.2", 0, 20},
                                      {"movbe", 0, 22},
                                      {"popcnt", 0, 23},
                                      {"aes", 0, 25},
                                      {"avx", 0, 28},
                                      {"f16c", 0, 29},
                                      {"bmi", 1, 3},
                                      {"avx2", 1, 5},
                                      {"bmi2", 1, 8},
                                      {"avx512f", 1, 16},
                                      {"avx512dq", 1, 17},
                                      {"avx512ifma", 1, 21},
                                      {"avx512cd", 1, 28},
                                      {"avx512bw", 1, 30},
                                      {"avx512vl", 1, 31},
                                      {"avx512vbmi", 2, 1},
                                      {"avx512vbmi2", 2, 6},
                                      {"gfni", 2, 8},
                                      {"vaes", 2, 9},
                                      {"vpclmulqdq", 2, 10},
                                      {"avx512vnni", 2, 11},
                                      {"avx512bitalg", 2, 12},
                                      {"avx512vpopcntdq", 2, 14},
                                      {"avx512vp2intersect", 3, 8},
                                      {"amx-bf16", 3, 22},
                                      {"avx512fp16", 3, 23},
                                      {"amx-tile", 3, 24},
                                      {"amx-int8", 3, 25},
                                      {"avxvnni", 4, 4},
                                      {"avx512bf16", 4, 5},
                                      {"avxifma", 4, 23}};

class InterfaceEmitter {
public:
  InterfaceEmitter(Module &module, const Interface &interface,
                   const Kernels &kernels, ArrayRef<Processor> processors,
                   const Weights &weights)
      : module(module), context(module.getContext()), interface(interface),
        kernels(kernels), processors(processors), weights(weights), b(context),
        ptr(PointerType::get(context, 0)), i32(Type::getInt32Ty(context)),
        i64(Type::getInt64Ty(context)), none(Type::getVoidTy(context)) {}

  Error run(bool isShared) {
    bool callsHalf = needsHalfFunctions();
    if (Error error = linkRuntime())
      return error;
    for (llvm::Function &function : module)
      if (callsHalf && (function.getName().starts_with("__extend") ||
                        function.getName().starts_with("__trunc"))) {
        // Of objects that one program links any one will do.
        function.setLinkage(GlobalValue::WeakAnyLinkage);
        function.setVisibility(GlobalValue::HiddenVisibility);
      } else if (!function.isDeclaration()) {
        function.setLinkage(GlobalValue::InternalLinkage);
      }
    for (GlobalVariable &global : module.globals())
      if (!global.isDeclaration())
        global.setLinkage(GlobalValue::InternalLinkage);

    emitTables();
    emitEntryPoints();
    if (isShared) {
      llvm::Function *library =
          module.getFunction(interface.prefix + "_library");
      if (interface.prefix + "_library" != "dlc_library")
        GlobalAlias::create(GlobalValue::ExternalLinkage, "dlc_library",
                            library);
    }
    for (llvm::Function &function : module)
      if (!function.isDeclaration()) {
        const Processor &processor = processorOf(function);
        function.addFnAttr("target-cpu", processor.cpu);
        if (!processor.features.empty())
          function.addFnAttr("target-features", processor.features);
        if (!processor.tuning.empty())
          function.addFnAttr("tune-cpu", processor.tuning);
        function.addFnAttr("prefer-vector-width",
                           std::to_string(processor.vectorBits));
        function.setUWTableKind(UWTableKind::None);
        function.addFnAttr(Attribute::NoUnwind);
      }
    return Error::success();
  }

private:
  /// The one that a function says it is for, else the least.
  const Processor &processorOf(const llvm::Function &function) const {
    StringRef cpu = function.getFnAttribute("target-cpu").getValueAsString();
    for (const Processor &processor : processors)
      if (processor.cpu == cpu)
        return processor;
    return processors.front();
  }

  /// Whether code generation may call conversions of f16 (Half.c), which is
  /// seen nowhere before it does.
  bool needsHalfFunctions() const {
    if (all_of(processors, [](const Processor &processor) {
          return processor.has("f16c");
        }))
      return false;
    for (llvm::Function &function : module)
      for (Instruction &instruction : instructions(function))
        if (instruction.getType()->getScalarType()->isHalfTy() ||
            any_of(instruction.operand_values(), [](llvm::Value *operand) {
              return operand->getType()->getScalarType()->isHalfTy();
            }))
          return true;
    return false;
  }

  Error linkRuntime() {
    auto buffer = MemoryBuffer::getMemBuffer(
        StringRef(runtimeBitcode, runtimeBitcodeSize), "runtime",
        /*RequiresNullTerminator=*/false);
    Expected<std::unique_ptr<Module>> runtime =
        parseBitcodeFile(buffer->getMemBufferRef(), context);
    if (!runtime)
      return runtime.takeError();
    (*runtime)->setDataLayout(module.getDataLayout());
    (*runtime)->setTargetTriple(module.getTargetTriple());
    for (llvm::Function &function : **runtime) {
      function.removeFnAttr("target-cpu");
      function.removeFnAttr("target-features");
      function.removeFnAttr("tune-cpu");
    }
    if (Linker::linkModules(module, std::move(*runtime)))
      return createStringError("the runtime could not be linked");
    return Error::success();
  }

  //===--------------------------------------------------------------------===//
  // Constants
  //===--------------------------------------------------------------------===//

  Constant *global(Constant *value, const Twine &name) {
    auto *variable =
        new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                           GlobalValue::InternalLinkage, value, name);
    variable->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return variable;
  }
  Constant *string(StringRef text) {
    return global(ConstantDataArray::getString(context, text), "dlc.text");
  }
  Constant *number32(int64_t value) {
    return ConstantInt::getSigned(i32, value);
  }
  Constant *number64(int64_t value) {
    return ConstantInt::getSigned(i64, value);
  }
  Constant *array(Type *type, ArrayRef<Constant *> values, const Twine &name) {
    if (values.empty())
      return ConstantPointerNull::get(ptr);
    return global(
        ConstantArray::get(ArrayType::get(type, values.size()), values), name);
  }
  Constant *structure(ArrayRef<Constant *> values) {
    return ConstantStruct::getAnon(context, values);
  }

  //===--------------------------------------------------------------------===//
  // Tables (lib/Runtime/Model.h)
  //===--------------------------------------------------------------------===//

  Constant *emitArgument(const Argument &argument) {
    SmallVector<Constant *> extents;
    for (int64_t extent : argument.shape)
      extents.push_back(number64(extent));
    return structure({string(argument.name), array(i64, extents, "dlc.shape"),
                      number32(argument.shape.size()),
                      number32(argument.element)});
  }

  /// A function that unpacks descriptors and calls MLIR's C entry of `symbol`.
  llvm::Function *emitUnpacked(const Twine &name, StringRef symbol,
                               ArrayRef<unsigned> taken,
                               ArrayRef<unsigned> order, FunctionType *type) {
    llvm::Function *target =
        module.getFunction(("_mlir_ciface_" + symbol).str());
    assert(target && "kernel without C entry");
    auto *function = llvm::Function::Create(type, GlobalValue::InternalLinkage,
                                            name, module);
    b.SetInsertPoint(BasicBlock::Create(context, "entry", function));
    SmallVector<Value *> operands;
    // `order`: which parameter each operand is; ~0u stands for all descriptors.
    for (unsigned parameter : order) {
      if (parameter != ~0u) {
        operands.push_back(function->getArg(parameter));
        continue;
      }
      Value *buffers = function->getArg(buffersParameter);
      for (unsigned i : taken)
        operands.push_back(
            b.CreateLoad(ptr, b.CreateConstInBoundsGEP1_32(ptr, buffers, i)));
    }
    Value *result = b.CreateCall(target, operands);
    if (type->getReturnType()->isVoidTy())
      b.CreateRetVoid();
    else
      b.CreateRet(result);
    return function;
  }

  Constant *emitKernel(const dlc::Function &function,
                       const Processor &processor) {
    // Computed outputs have no buffer of the caller's.
    SmallVector<unsigned> inputs, all;
    for (unsigned i = 0; i < function.inputs.size(); ++i)
      inputs.push_back(i);
    all = inputs;
    for (auto [i, output] : enumerate(function.outputs))
      if (!output.isComputed())
        all.push_back(inputs.size() + i);
    const Kernel &kernel = kernels.at({function.kernel, processor.cpu});
    buffersParameter = 2;
    llvm::Function *run =
        emitUnpacked(kernel.run + ".run", kernel.run, all, {0, 1, ~0u, 3},
                     FunctionType::get(none, {ptr, i64, ptr, ptr}, false));
    llvm::Function *workspace =
        emitUnpacked(kernel.run + ".bytes", kernel.workspace, all, {0, 1, ~0u},
                     FunctionType::get(i64, {ptr, i64, ptr}, false));
    buffersParameter = 0;
    llvm::Function *shapes =
        emitUnpacked(kernel.run + ".extents", kernel.shapes, inputs, {~0u, 1},
                     FunctionType::get(none, {ptr, ptr}, false));
    for (llvm::Function *entry : {run, workspace, shapes})
      entry->addFnAttr("target-cpu", processor.cpu);
    SmallVector<Constant *> messages;
    for (const std::string &message : kernel.messages)
      messages.push_back(string(message));
    return structure(
        {run, shapes, workspace, array(ptr, messages, "dlc.messages")});
  }

  void emitTables() {
    SmallVector<Constant *> functions, versions;
    for (const dlc::Function &function : interface.functions) {
      SmallVector<Constant *> arguments;
      for (const auto *list : {&function.inputs, &function.outputs})
        for (const Argument &argument : *list)
          arguments.push_back(emitArgument(argument));
      functions.push_back(structure(
          {string(function.name),
           array(arguments.front()->getType(), arguments, "dlc.arguments"),
           number32(function.inputs.size()),
           number32(function.outputs.size())}));
    }
    std::string names;
    for (const Processor &processor : processors) {
      SmallVector<Constant *> kernels;
      for (const dlc::Function &function : interface.functions)
        kernels.push_back(emitKernel(function, processor));
      uint32_t words[5] = {};
      for (const FeatureBit &feature : featureBits)
        if (processor.has(feature.name))
          words[feature.word] |= 1u << feature.bit;
      SmallVector<Constant *> features;
      for (uint32_t word : words)
        features.push_back(ConstantInt::get(i32, word));
      versions.push_back(structure(
          {string(processor.cpu), structure(features),
           array(kernels.front()->getType(), kernels, "dlc.kernels")}));
      names += (names.empty() ? "" : ",") + processor.cpu;
    }
    int64_t weightBytes = weights.bytes;
    for (GlobalVariable &variable : module.globals())
      if (variable.isConstant() && variable.getName().starts_with("__constant"))
        weightBytes +=
            module.getDataLayout().getTypeAllocSize(variable.getValueType());
    Constant *noText = ConstantPointerNull::get(ptr);
    SmallVector<Constant *> regions;
    for (const ProfiledRegion &region : interface.regions)
      regions.push_back(structure({string(region.function), string(region.name),
                                   string(region.kind), number64(region.flops),
                                   number64(region.bytes)}));

    SmallVector<Constant *> states, places;
    int64_t stateBytes = 0;
    for (const StateTensor &state : weights.states) {
      SmallVector<Constant *> extents;
      for (int64_t extent : state.shape)
        extents.push_back(number64(extent));
      states.push_back(
          structure({string(state.name), array(i64, extents, "dlc.shape"),
                     number32(state.shape.size()), number32(state.element)}));
      places.push_back(structure({number64(state.offset), number64(state.bytes),
                                  number64(state.first)}));
      stateBytes = std::max(stateBytes, state.offset + state.bytes);
    }

    auto runtime = [&](StringRef name) -> Constant * {
      return module.getFunction(name);
    };
    auto stateful = [&](StringRef name) {
      return states.empty() ? noText : runtime(name);
    };
    Constant *library = global(
        structure(
            {number64(sizeof(dlc_library_info)),
             number32(DLC_ABI_VERSION),
             number32(interface.functions.size()),
             string(interface.name),
             string("dlc " DLC_VERSION),
             string(names),
             ConstantInt::get(i64, interface.hash()),
             number64(weightBytes),
             weights.file.empty() ? noText : string(weights.file),
             array(functions.front()->getType(), functions, "dlc.functions"),
             runtime("dlc_rt_create"),
             runtime("dlc_rt_destroy"),
             runtime("dlc_rt_error"),
             runtime("dlc_rt_shapes"),
             runtime("dlc_rt_reserve"),
             runtime("dlc_rt_call"),
             runtime("dlc_rt_threads"),
             runtime("dlc_rt_processor"),
             number32(regions.size()),
             array(regions.empty() ? ptr : regions.front()->getType(), regions,
                   "dlc.regions"),
             runtime("dlc_rt_trace"),
             number32(weights.states.size()),
             array(states.empty() ? ptr : states.front()->getType(), states,
                   "dlc.states"),
             stateful("dlc_rt_save"),
             stateful("dlc_rt_load"),
             stateful("dlc_rt_get"),
             stateful("dlc_rt_set")}),
        "dlc.library");
    libraryTable = library;

    Constant *first = noText;
    if (weights.bytes && weights.file.empty()) {
      auto *symbol = new GlobalVariable(
          module, ArrayType::get(Type::getInt8Ty(context), weights.bytes),
          /*isConstant=*/true, GlobalValue::ExternalLinkage, nullptr,
          weightsSymbol(interface));
      symbol->setVisibility(GlobalValue::HiddenVisibility);
      symbol->setAlignment(Align(64));
      // Reached by an address of 64 bits: it may lie further off than 2 GiB.
      symbol->setCodeModel(CodeModel::Large);
      first = symbol;
    }
    Constant *weightsInfo =
        global(structure({first, number64(weights.fileOffset + weights.bytes),
                          number64(weights.fileOffset),
                          ConstantInt::get(i64, weights.fileHash)}),
               "dlc.weights");
    Constant *model = structure(
        {library, array(versions.front()->getType(), versions, "dlc.versions"),
         number64(versions.size()), weightsInfo,
         array(places.empty() ? ptr : places.front()->getType(), places,
               "dlc.places"),
         number64(stateBytes)});
    // The runtime declares it; this is its definition.
    GlobalVariable *declared = module.getGlobalVariable("dlc_rt_this_model");
    auto *defined =
        new GlobalVariable(module, model->getType(), /*isConstant=*/true,
                           GlobalValue::InternalLinkage, model, "dlc.model");
    declared->replaceAllUsesWith(defined);
    declared->eraseFromParent();
  }

  //===--------------------------------------------------------------------===//
  // C entry points
  //===--------------------------------------------------------------------===//

  llvm::Function *exported(const Twine &name, FunctionType *type) {
    auto *function = llvm::Function::Create(type, GlobalValue::ExternalLinkage,
                                            interface.prefix + name, module);
    b.SetInsertPoint(BasicBlock::Create(context, "entry", function));
    return function;
  }

  void emitForwarding(const Twine &name, StringRef target) {
    llvm::Function *to = module.getFunction(target);
    llvm::Function *function = exported(name, to->getFunctionType());
    SmallVector<Value *> operands;
    for (llvm::Argument &argument : function->args())
      operands.push_back(&argument);
    CallInst *call = b.CreateCall(to, operands);
    if (to->getReturnType()->isVoidTy())
      b.CreateRetVoid();
    else
      b.CreateRet(call);
  }

  /// Data pointers and free extents into arrays, then one call.
  void emitTyped(const dlc::Function &function, unsigned number) {
    unsigned extents = 0;
    for (const Argument &input : function.inputs)
      extents += input.freeDims().size();
    unsigned pointers = function.inputs.size() + function.outputs.size();
    SmallVector<Type *> types{ptr};
    types.append(extents, i64);
    types.append(pointers, ptr);
    llvm::Function *typed =
        exported("_" + function.cName, FunctionType::get(i32, types, false));
    Value *dims = b.CreateAlloca(ArrayType::get(i64, std::max(extents, 1u)));
    Value *data = b.CreateAlloca(ArrayType::get(ptr, std::max(pointers, 1u)));
    for (unsigned i = 0; i < extents; ++i)
      b.CreateStore(typed->getArg(1 + i),
                    b.CreateConstInBoundsGEP1_32(i64, dims, i));
    for (unsigned i = 0; i < pointers; ++i)
      b.CreateStore(typed->getArg(1 + extents + i),
                    b.CreateConstInBoundsGEP1_32(ptr, data, i));
    b.CreateRet(b.CreateCall(module.getFunction("dlc_rt_call_typed"),
                             {typed->getArg(0), number32(number), data, dims}));
  }

  void emitEntryPoints() {
    emitForwarding("_create_checked", "dlc_rt_create");
    emitForwarding("_destroy", "dlc_rt_destroy");
    emitForwarding("_error", "dlc_rt_error");
    if (!weights.states.empty())
      for (StringRef name : {"save", "load", "get", "set"})
        emitForwarding("_" + name, ("dlc_rt_" + name).str());
    exported("_library", FunctionType::get(ptr, false));
    b.CreateRet(libraryTable);
    for (auto [number, function] : llvm::enumerate(interface.functions))
      emitTyped(function, number);
  }

  Module &module;
  LLVMContext &context;
  const Interface &interface;
  const Kernels &kernels;
  ArrayRef<Processor> processors; // the least first
  const Weights &weights;
  IRBuilder<> b;
  PointerType *ptr;
  Type *i32, *i64, *none;
  unsigned buffersParameter = 0;
  Constant *libraryTable = nullptr;
};

} // namespace

std::string weightsSymbol(const Interface &interface) {
  return interface.prefix + "_dlc_weights";
}

Error emitInterface(Module &module, const Interface &interface,
                    const Kernels &kernels, ArrayRef<Processor> processors,
                    const Weights &weights, bool isShared) {
  return InterfaceEmitter(module, interface, kernels, processors, weights)
      .run(isShared);
}

} // namespace dlc
