//===- EmitInterface.cpp - Runtime, tables and entry points ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "StructConstant.h"
#include "dlc/Support/Format.h"
#include "dlc/Target/Emit.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/MemoryBuffer.h"

extern "C" {
#include "../Runtime/Model.h"
}

using namespace llvm;

namespace dlc {

/// The bitcode of the runtime, generated during the build.
extern const char runtimeBitcode[];
extern const unsigned runtimeBitcodeSize;

namespace {

/// cpuid bits of the features that kernels may use (Intel SDM, volume 2A,
/// CPUID).
struct FeatureBit {
  const char *name;
  uint32_t dlc_rt_cpu::*word;
  unsigned bit;
};
constexpr FeatureBit featureBits[] = {
    {"sse3", &dlc_rt_cpu::leaf1_ecx, 0},
    {"pclmul", &dlc_rt_cpu::leaf1_ecx, 1},
    {"ssse3", &dlc_rt_cpu::leaf1_ecx, 9},
    {"fma", &dlc_rt_cpu::leaf1_ecx, 12},
    {"sse4.1", &dlc_rt_cpu::leaf1_ecx, 19},
    {"sse4.2", &dlc_rt_cpu::leaf1_ecx, 20},
    {"movbe", &dlc_rt_cpu::leaf1_ecx, 22},
    {"popcnt", &dlc_rt_cpu::leaf1_ecx, 23},
    {"aes", &dlc_rt_cpu::leaf1_ecx, 25},
    {"avx", &dlc_rt_cpu::leaf1_ecx, 28},
    {"f16c", &dlc_rt_cpu::leaf1_ecx, 29},
    {"bmi", &dlc_rt_cpu::leaf7_ebx, 3},
    {"avx2", &dlc_rt_cpu::leaf7_ebx, 5},
    {"bmi2", &dlc_rt_cpu::leaf7_ebx, 8},
    {"avx512f", &dlc_rt_cpu::leaf7_ebx, 16},
    {"avx512dq", &dlc_rt_cpu::leaf7_ebx, 17},
    {"avx512ifma", &dlc_rt_cpu::leaf7_ebx, 21},
    {"avx512cd", &dlc_rt_cpu::leaf7_ebx, 28},
    {"avx512bw", &dlc_rt_cpu::leaf7_ebx, 30},
    {"avx512vl", &dlc_rt_cpu::leaf7_ebx, 31},
    {"avx512vbmi", &dlc_rt_cpu::leaf7_ecx, 1},
    {"avx512vbmi2", &dlc_rt_cpu::leaf7_ecx, 6},
    {"gfni", &dlc_rt_cpu::leaf7_ecx, 8},
    {"vaes", &dlc_rt_cpu::leaf7_ecx, 9},
    {"vpclmulqdq", &dlc_rt_cpu::leaf7_ecx, 10},
    {"avx512vnni", &dlc_rt_cpu::leaf7_ecx, 11},
    {"avx512bitalg", &dlc_rt_cpu::leaf7_ecx, 12},
    {"avx512vpopcntdq", &dlc_rt_cpu::leaf7_ecx, 14},
    {"avx512vp2intersect", &dlc_rt_cpu::leaf7_edx, 8},
    {"amx-bf16", &dlc_rt_cpu::leaf7_edx, 22},
    {"avx512fp16", &dlc_rt_cpu::leaf7_edx, 23},
    {"amx-tile", &dlc_rt_cpu::leaf7_edx, 24},
    {"amx-int8", &dlc_rt_cpu::leaf7_edx, 25},
    {"avxvnni", &dlc_rt_cpu::leaf71_eax, 4},
    {"avx512bf16", &dlc_rt_cpu::leaf71_eax, 5},
    {"avxifma", &dlc_rt_cpu::leaf71_eax, 23}};

class InterfaceEmitter {
public:
  InterfaceEmitter(Module &module, const Interface &interface,
                   const Kernels &kernels, ArrayRef<Processor> processors,
                   const Weights &weights)
      : module(module), context(module.getContext()), interface(interface),
        kernels(kernels), processors(processors), weights(weights), b(context),
        ptr(PointerType::get(context, 0)), i32(Type::getInt32Ty(context)),
        i64(Type::getInt64Ty(context)) {}

  Error run(bool isShared) {
    bool callsHalf = needsHalfFunctions();
    if (Error error = linkRuntime())
      return error;
    checkCalls();
    for (llvm::Function &function : module)
      if (callsHalf && (function.getName().starts_with("__extend") ||
                        function.getName().starts_with("__trunc"))) {
        // One program may link several such objects; any of their copies will
        // do.
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
    if (!problem.empty())
      return createStringError(fmt::format(
          FMT_STRING("dlc and its runtime do not fit together: {}"), problem));
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
                           fmt::format(FMT_STRING("{}"), processor.vectorBits));
        function.setUWTableKind(UWTableKind::None);
        function.addFnAttr(Attribute::NoUnwind);
      }
    return Error::success();
  }

private:
  /// The processor that a function is compiled for; by default the least
  /// capable.
  const Processor &processorOf(const llvm::Function &function) const {
    StringRef cpu = function.getFnAttribute("target-cpu").getValueAsString();
    for (const Processor &processor : processors)
      if (processor.cpu == cpu)
        return processor;
    return processors.front();
  }

  /// Whether code generation may emit calls of f16 conversions (Half.c). The IR
  /// contains no such calls before code generation.
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
      function.addFnAttr(runtimeAttribute);
    }
    if (Linker::linkModules(module, std::move(*runtime)))
      return createStringError("the runtime could not be linked");
    return Error::success();
  }

  /// Checks that kernels call functions of the runtime with their defined
  /// types.
  void checkCalls() {
    for (llvm::Function &function : module) {
      if (!function.getName().starts_with("dlc_rt_"))
        continue;
      for (User *user : function.users())
        if (auto *call = dyn_cast<CallBase>(user);
            call && call->getCalledOperand() == &function &&
            call->getFunctionType() != function.getFunctionType())
          report(fmt::format(FMT_STRING("{} is called with other types"),
                             function.getName()));
    }
  }

  void report(StringRef what) {
    if (problem.empty())
      problem = what.str();
  }

  //===--------------------------------------------------------------------===//
  // Constants
  //===--------------------------------------------------------------------===//

  template <typename T> Typed<T *> null() {
    return {ConstantPointerNull::get(ptr)};
  }
  template <typename T>
  Typed<const T *> global(Typed<T> value, StringRef name) {
    auto *variable = new GlobalVariable(
        module, value.constant->getType(), /*isConstant=*/true,
        GlobalValue::InternalLinkage, value.constant, name);
    variable->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return {variable};
  }
  Typed<const char *> string(StringRef text) {
    return global(Typed<char>{ConstantDataArray::getString(context, text)},
                  "dlc.text");
  }
  /// A pointer to the first of several constants; null where there are none.
  template <typename T>
  Typed<const T *> array(const SmallVectorImpl<Typed<T>> &values,
                         StringRef name) {
    if (values.empty())
      return null<const T>();
    SmallVector<Constant *> constants;
    for (Typed<T> value : values)
      constants.push_back(value.constant);
    auto *type = ArrayType::get(constants.front()->getType(), constants.size());
    return global(Typed<T>{ConstantArray::get(type, constants)}, name);
  }
  Typed<const int64_t *> shape(ArrayRef<int64_t> extents) {
    SmallVector<Typed<int64_t>> values;
    for (int64_t extent : extents)
      values.push_back({ConstantInt::getSigned(i64, extent)});
    return array(values, "dlc.shape");
  }

  /// A function of the runtime, whose type must be T.
  template <typename T> Typed<T *> runtime(StringRef name) {
    llvm::Function *function = module.getFunction(name);
    if (function && function->getFunctionType() == typeOf<T>(context))
      return {function};
    report(fmt::format(FMT_STRING("{} is missing or has another type"), name));
    return null<T>();
  }
#define DLC_RUNTIME(name) runtime<decltype(name)>(#name)

  /// A table for a struct that the runtime declares.
  template <typename Struct>
  Table<Struct> table(Struct dlc_rt_structs::*which) {
    const DataLayout &layout = module.getDataLayout();
    auto *all = cast<StructType>(
        module.getGlobalVariable("dlc_rt_layout", /*AllowInternal=*/true)
            ->getValueType());
    unsigned number = layout.getStructLayout(all)->getElementContainingOffset(
        Table<dlc_rt_structs>::offsetOf(which));
    return {cast<StructType>(all->getElementType(number)), layout, problem};
  }

  //===--------------------------------------------------------------------===//
  // Tables (lib/Runtime/Model.h)
  //===--------------------------------------------------------------------===//

  Typed<dlc_argument> emitArgument(const Argument &argument) {
    return table(&dlc_rt_structs::argument)
        .set(&dlc_argument::name, string(argument.name))
        .set(&dlc_argument::shape, shape(argument.shape))
        .set(&dlc_argument::rank, argument.shape.size())
        .set(&dlc_argument::element, argument.element)
        .finish();
  }

  /// A function that loads descriptors through the array in its parameter
  /// `buffersParameter`, and calls MLIR's C entry of `symbol`.
  template <typename T>
  Typed<T *> emitUnpacked(const Twine &name, StringRef symbol,
                          ArrayRef<unsigned> taken, ArrayRef<unsigned> order,
                          unsigned buffersParameter) {
    FunctionType *type = typeOf<T>(context);
    llvm::Function *target =
        module.getFunction(("_mlir_ciface_" + symbol).str());
    assert(target && "kernel without C entry");
    auto *function = llvm::Function::Create(type, GlobalValue::InternalLinkage,
                                            name, module);
    // Compile it for the same processor as the kernel.
    if (Attribute cpu = target->getFnAttribute("target-cpu"); cpu.isValid())
      function->addFnAttr(cpu);
    b.SetInsertPoint(BasicBlock::Create(context, "entry", function));
    SmallVector<Value *> operands;
    // `order` maps operands to parameters; ~0u stands for all descriptors.
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
    return {function};
  }

  Typed<dlc_rt_kernel> emitKernel(const dlc::Function &function,
                                  const Processor &processor) {
    // The caller passes no buffers for computed outputs.
    SmallVector<unsigned> inputs, all;
    for (unsigned i = 0; i < function.inputs.size(); ++i)
      inputs.push_back(i);
    all = inputs;
    for (auto [i, output] : enumerate(function.outputs))
      if (!output.isComputed())
        all.push_back(inputs.size() + i);
    const Kernel &kernel = kernels.at({function.kernel, processor.cpu});
    SmallVector<Typed<const char *>> messages;
    for (const std::string &message : kernel.messages)
      messages.push_back(string(message));
    using Run = std::remove_pointer_t<decltype(dlc_rt_kernel::run)>;
    using Shapes = std::remove_pointer_t<decltype(dlc_rt_kernel::shapes)>;
    using Workspace = std::remove_pointer_t<decltype(dlc_rt_kernel::workspace)>;
    return table(&dlc_rt_structs::kernel)
        .set(&dlc_rt_kernel::run,
             emitUnpacked<Run>(kernel.run + ".run", kernel.run, all,
                               {0, 1, ~0u, 3}, 2))
        .set(&dlc_rt_kernel::workspace,
             emitUnpacked<Workspace>(kernel.run + ".bytes", kernel.workspace,
                                     all, {0, 1, ~0u}, 2))
        .set(&dlc_rt_kernel::shapes,
             emitUnpacked<Shapes>(kernel.run + ".extents", kernel.shapes,
                                  inputs, {~0u, 1}, 0))
        .set(&dlc_rt_kernel::messages, array(messages, "dlc.messages"))
        .finish();
  }

  Typed<dlc_function> emitFunction(const dlc::Function &function) {
    SmallVector<Typed<dlc_argument>> arguments;
    for (const auto *list : {&function.inputs, &function.outputs})
      for (const Argument &argument : *list)
        arguments.push_back(emitArgument(argument));
    return table(&dlc_rt_structs::function)
        .set(&dlc_function::name, string(function.name))
        .set(&dlc_function::arguments, array(arguments, "dlc.arguments"))
        .set(&dlc_function::inputs, function.inputs.size())
        .set(&dlc_function::outputs, function.outputs.size())
        .finish();
  }

  Typed<dlc_rt_version> emitVersion(const Processor &processor) {
    SmallVector<Typed<dlc_rt_kernel>> kernels;
    for (const dlc::Function &function : interface.functions)
      kernels.push_back(emitKernel(function, processor));
    dlc_rt_cpu needed = {};
    for (const FeatureBit &feature : featureBits)
      if (processor.has(feature.name))
        needed.*feature.word |= 1u << feature.bit;
    Table<dlc_rt_cpu> cpu = table(&dlc_rt_structs::cpu);
    for (auto word : {&dlc_rt_cpu::leaf1_ecx, &dlc_rt_cpu::leaf7_ebx,
                      &dlc_rt_cpu::leaf7_ecx, &dlc_rt_cpu::leaf7_edx,
                      &dlc_rt_cpu::leaf71_eax})
      cpu.set(word, needed.*word);
    return table(&dlc_rt_structs::version)
        .set(&dlc_rt_version::name, string(processor.cpu))
        .set(&dlc_rt_version::cpu, cpu.finish())
        .set(&dlc_rt_version::kernels, array(kernels, "dlc.kernels"))
        .finish();
  }

  /// The bytes of the weights, which are defined in a separate object file.
  Typed<const void *> declareWeights() {
    if (!weights.bytes || !weights.file.empty())
      return null<const void>();
    auto *symbol = new GlobalVariable(
        module, ArrayType::get(Type::getInt8Ty(context), weights.bytes),
        /*isConstant=*/true, GlobalValue::ExternalLinkage, nullptr,
        weightsSymbol(interface));
    symbol->setVisibility(GlobalValue::HiddenVisibility);
    symbol->setAlignment(Align(64));
    // Use 64-bit addresses: it may be further away than 2 GiB.
    symbol->setCodeModel(CodeModel::Large);
    return {symbol};
  }

  Typed<const dlc_library_info *> emitLibrary() {
    SmallVector<Typed<dlc_function>> functions;
    for (const dlc::Function &function : interface.functions)
      functions.push_back(emitFunction(function));
    std::string cpus;
    for (const Processor &processor : processors)
      cpus += (cpus.empty() ? "" : ",") + processor.cpu;
    SmallVector<Typed<dlc_region>> regions;
    for (const ProfiledRegion &region : interface.regions)
      regions.push_back(table(&dlc_rt_structs::region)
                            .set(&dlc_region::function, string(region.function))
                            .set(&dlc_region::name, string(region.name))
                            .set(&dlc_region::kind, string(region.kind))
                            .set(&dlc_region::flops, region.flops)
                            .set(&dlc_region::bytes, region.bytes)
                            .finish());
    SmallVector<Typed<dlc_state>> states;
    for (const StateTensor &state : weights.states)
      states.push_back(table(&dlc_rt_structs::state)
                           .set(&dlc_state::name, string(state.name))
                           .set(&dlc_state::shape, shape(state.shape))
                           .set(&dlc_state::rank, state.shape.size())
                           .set(&dlc_state::element, state.element)
                           .finish());
    auto stateful = [&](auto function) {
      return states.empty() ? decltype(function){ConstantPointerNull::get(ptr)}
                            : function;
    };
    using Info = dlc_library_info;
    return global(
        table(&dlc_rt_structs::library)
            .set(&Info::size, sizeof(Info))
            .set(&Info::abi_version, DLC_ABI_VERSION)
            .set(&Info::function_count, functions.size())
            .set(&Info::name, string(interface.name))
            .set(&Info::producer, string("dlc " DLC_VERSION))
            .set(&Info::cpu, string(cpus))
            .set(&Info::interface_hash, interface.hash())
            .set(&Info::weight_bytes, weights.bytes + weights.inlineBytes)
            .set(&Info::weights_file, weights.file.empty()
                                          ? null<const char>()
                                          : string(weights.file))
            .set(&Info::functions, array(functions, "dlc.functions"))
            .set(&Info::create, DLC_RUNTIME(dlc_rt_create))
            .set(&Info::destroy, DLC_RUNTIME(dlc_rt_destroy))
            .set(&Info::error, DLC_RUNTIME(dlc_rt_error))
            .set(&Info::shapes, DLC_RUNTIME(dlc_rt_shapes))
            .set(&Info::reserve, DLC_RUNTIME(dlc_rt_reserve))
            .set(&Info::call, DLC_RUNTIME(dlc_rt_call))
            .set(&Info::threads, DLC_RUNTIME(dlc_rt_threads))
            .set(&Info::processor, DLC_RUNTIME(dlc_rt_processor))
            .set(&Info::region_count, regions.size())
            .set(&Info::regions, array(regions, "dlc.regions"))
            .set(&Info::trace, DLC_RUNTIME(dlc_rt_trace))
            .set(&Info::state_count, states.size())
            .set(&Info::states, array(states, "dlc.states"))
            .set(&Info::save, stateful(DLC_RUNTIME(dlc_rt_save)))
            .set(&Info::load, stateful(DLC_RUNTIME(dlc_rt_load)))
            .set(&Info::get, stateful(DLC_RUNTIME(dlc_rt_get)))
            .set(&Info::set, stateful(DLC_RUNTIME(dlc_rt_set)))
            .finish(),
        "dlc.library");
  }

  void emitTables() {
    Typed<const dlc_library_info *> library = emitLibrary();
    libraryTable = library.constant;
    SmallVector<Typed<dlc_rt_version>> versions;
    for (const Processor &processor : processors)
      versions.push_back(emitVersion(processor));
    SmallVector<Typed<dlc_rt_place>> places;
    int64_t stateBytes = 0;
    for (const StateTensor &state : weights.states) {
      places.push_back(table(&dlc_rt_structs::place)
                           .set(&dlc_rt_place::offset, state.offset)
                           .set(&dlc_rt_place::bytes, state.bytes)
                           .set(&dlc_rt_place::first, state.first)
                           .finish());
      stateBytes = std::max(stateBytes, state.offset + state.bytes);
    }
    Typed<dlc_rt_weights_info> weightsInfo =
        table(&dlc_rt_structs::weights)
            .set(&dlc_rt_weights_info::data, declareWeights())
            .set(&dlc_rt_weights_info::file_bytes,
                 weights.fileOffset + weights.bytes)
            .set(&dlc_rt_weights_info::file_offset, weights.fileOffset)
            .set(&dlc_rt_weights_info::file_hash, weights.fileHash)
            .finish();
    Typed<dlc_rt_model> model =
        table(&dlc_rt_structs::model)
            .set(&dlc_rt_model::library, library)
            .set(&dlc_rt_model::versions, array(versions, "dlc.versions"))
            .set(&dlc_rt_model::version_count, versions.size())
            .set(&dlc_rt_model::weights, global(weightsInfo, "dlc.weights"))
            .set(&dlc_rt_model::places, array(places, "dlc.places"))
            .set(&dlc_rt_model::state_bytes, stateBytes)
            .finish();
    // The declaration in the runtime gets its definition here.
    GlobalVariable *defined = module.getGlobalVariable("dlc_rt_this_model");
    if (defined->getValueType() != model.constant->getType())
      return report("dlc_rt_this_model has another type");
    defined->setInitializer(model.constant);
    defined->setLinkage(GlobalValue::InternalLinkage);
    module.getGlobalVariable("dlc_rt_layout", /*AllowInternal=*/true)
        ->eraseFromParent();
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

  /// Stores data pointers and dynamic extents in arrays, then makes one call.
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
    b.CreateRet(b.CreateCall(
        typeOf<decltype(dlc_rt_call_typed)>(context),
        DLC_RUNTIME(dlc_rt_call_typed).constant,
        {typed->getArg(0), ConstantInt::get(i32, number), data, dims}));
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
  ArrayRef<Processor> processors; // the least capable first
  const Weights &weights;
  IRBuilder<> b;
  PointerType *ptr;
  IntegerType *i32, *i64;
  Constant *libraryTable = nullptr;
  std::string problem; // the first one
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
