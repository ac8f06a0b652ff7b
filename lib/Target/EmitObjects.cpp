//===- EmitObjects.cpp - Compiles parts of large modules in parallel ------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "RunPasses.h"
#include "dlc/Target/Emit.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/DeadArgumentElimination.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/SCCP.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace dlc {

namespace {

/// The approximate number of instructions in a part, a few tenths of a second
/// of compile time.
constexpr size_t partSize = 6000;

/// Assigns each function to a part. It does not depend on the number of
/// threads, so the generated code does not either.
class Partition {
public:
  explicit Partition(Module &module) {
    // Keep functions that may be inlined with their caller, and all externally
    // visible functions and the runtime together.
    EquivalenceClasses<const llvm::Function *> groups;
    const llvm::Function *first = nullptr;
    for (const llvm::Function &function : module) {
      if (function.isDeclaration())
        continue;
      groups.insert(&function);
      if (!function.hasLocalLinkage() ||
          function.hasFnAttribute(runtimeAttribute)) {
        first = first ? first : &function;
        groups.unionSets(first, &function);
      } else if (const llvm::Function *caller = findOnlyCaller(function)) {
        groups.unionSets(caller, &function);
      }
    }
    DenseMap<const llvm::Function *, size_t> sizes;
    size_t total = 0;
    for (const llvm::Function &function : module)
      if (!function.isDeclaration()) {
        sizes[groups.getLeaderValue(&function)] +=
            function.getInstructionCount();
        total += function.getInstructionCount();
      }
    count = std::max<size_t>(1, total / partSize);
    // In module order, assign each group to the part with the least load.
    SmallVector<size_t> loads(count);
    DenseMap<const llvm::Function *, size_t> chosen;
    if (first)
      chosen[groups.getLeaderValue(first)] = 0;
    loads[0] = first ? sizes[groups.getLeaderValue(first)] : 0;
    for (const llvm::Function &function : module) {
      if (function.isDeclaration())
        continue;
      const llvm::Function *leader = groups.getLeaderValue(&function);
      auto [it, isNew] = chosen.try_emplace(leader, 0);
      if (isNew) {
        it->second = min_element(loads) - loads.begin();
        loads[it->second] += sizes[leader];
      }
      parts[&function] = it->second;
    }
  }

  size_t size() const { return count; }
  size_t of(const llvm::Function *function) const {
    return parts.lookup(function);
  }

private:
  /// The only caller of a function, if its single use is a call there.
  static const llvm::Function *findOnlyCaller(const llvm::Function &function) {
    if (!function.hasOneUse() || function.hasFnAttribute(Attribute::NoInline))
      return nullptr;
    auto *call = dyn_cast<CallBase>(*function.user_begin());
    return call && call->getCalledFunction() == &function ? call->getFunction()
                                                          : nullptr;
  }

  DenseMap<const llvm::Function *, size_t> parts;
  size_t count = 1;
};

/// Whether each part that reads the value gets a copy of it.
bool isCopied(const GlobalValue &value) {
  auto *variable = dyn_cast<GlobalVariable>(&value);
  return variable && variable->isConstant() && variable->hasLocalLinkage() &&
         variable->hasInitializer();
}

/// Makes values visible to the other parts that use them.
void exposeShared(Module &module, const Partition &partition) {
  auto partOf = [&](const GlobalValue &value) -> size_t {
    auto *function = dyn_cast<llvm::Function>(&value);
    return function ? partition.of(function) : 0;
  };
  for (GlobalValue &value : module.global_values()) {
    if (!value.hasLocalLinkage() || isCopied(value))
      continue;
    // Uses through constants, such as tables, count as well.
    SmallVector<const User *> todo(value.users());
    bool isShared = false;
    SmallPtrSet<const User *, 8> seen;
    while (!todo.empty() && !isShared) {
      const User *user = todo.pop_back_val();
      if (!seen.insert(user).second)
        continue;
      if (auto *instruction = dyn_cast<Instruction>(user))
        isShared = partition.of(instruction->getFunction()) != partOf(value);
      else if (auto *global = dyn_cast<GlobalValue>(user))
        isShared = isCopied(*global) || partOf(*global) != partOf(value);
      else
        append_range(todo, user->users());
    }
    if (!isShared)
      continue;
    value.setLinkage(GlobalValue::ExternalLinkage);
    value.setVisibility(GlobalValue::HiddenVisibility);
  }
}

/// Runs optimisations that need the whole module: arguments that are the same
/// constant in all calls, or that are never read.
void propagate(Module &module, TargetMachine &machine) {
  runPasses(module, machine, {}, [](PassBuilder &) {
    ModulePassManager passes;
    passes.addPass(IPSCCPPass());
    passes.addPass(DeadArgumentEliminationPass());
    passes.addPass(GlobalDCEPass());
    return passes;
  });
}

Expected<SmallString<0>> emitObject(Module &module, const Processor &processor,
                                    unsigned level) {
  std::unique_ptr<TargetMachine> machine = processor.makeMachine(level);
  optimize(module, *machine, level);
  SmallString<0> object;
  raw_svector_ostream os(object);
  if (Error error = emitCode(module, *machine, /*assembly=*/false, os))
    return error;
  return object;
}

} // namespace

Expected<std::vector<SmallString<0>>>
emitObjects(Module &module, const Processor &processor, unsigned level) {
  std::vector<SmallString<0>> objects;
  if (level > 0 && Partition(module).size() > 1)
    propagate(module, *processor.makeMachine(level));
  Partition partition(module);
  if (partition.size() == 1) {
    Expected<SmallString<0>> object = emitObject(module, processor, level);
    if (!object)
      return object.takeError();
    objects.push_back(std::move(*object));
    return objects;
  }
  exposeShared(module, partition);
  objects.resize(partition.size());
  std::vector<std::string> errors(partition.size());
  DefaultThreadPool pool(heavyweight_hardware_concurrency());
  for (size_t number = 0; number < partition.size(); ++number) {
    ValueToValueMapTy map;
    std::unique_ptr<Module> part =
        CloneModule(module, map, [&](const GlobalValue *value) {
          if (isCopied(*value))
            return true;
          auto *function = dyn_cast<llvm::Function>(value);
          return (function ? partition.of(function) : 0) == number;
        });
    // An LLVMContext belongs to one thread, so the part is passed as bitcode.
    auto bitcode = std::make_shared<SmallString<0>>();
    raw_svector_ostream os(*bitcode);
    WriteBitcodeToFile(*part, os);
    pool.async([&, number, bitcode] {
      LLVMContext context;
      auto own = parseBitcodeFile(MemoryBufferRef(*bitcode, "part"), context);
      auto object = own ? emitObject(**own, processor, level)
                        : Expected<SmallString<0>>(own.takeError());
      if (object)
        objects[number] = std::move(*object);
      else
        errors[number] = toString(object.takeError());
    });
  }
  pool.wait();
  for (const std::string &error : errors)
    if (!error.empty())
      return createStringError(error);
  return objects;
}

} // namespace dlc
