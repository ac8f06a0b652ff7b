//===- Outputs.cpp - The files of a compilation ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Outputs.h"
#include "Lowering.h"
#include "Schedules.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Support/Format.h"
#include "dlc/Target/Emit.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace dlc {

/// Returns a function that prints a module as text, with large weights elided.
static auto printer(ModuleOp module) {
  return [module](llvm::raw_ostream &os) mutable {
    OpPrintingFlags flags;
    flags.elideLargeElementsAttrs(64);
    flags.elideLargeResourceString(64);
    module.print(os, flags);
    return llvm::Error::success();
  };
}

LogicalResult Outputs::saveText(ModuleOp module, StringRef suffix) {
  if (!settings.options.saveTemps)
    return success();
  return check(artifacts.write(settings.besideOutput(suffix), printer(module)));
}

LogicalResult Outputs::writeText(ModuleOp module) {
  if (failed(check(artifacts.write(settings.output, printer(module)))))
    return failure();
  return commit();
}

LogicalResult Outputs::writeSchedules(ModuleOp module) {
  auto print = [&](llvm::raw_ostream &os) {
    printSchedules(module, os);
    return llvm::Error::success();
  };
  if (failed(check(artifacts.write(settings.output, print))))
    return failure();
  return commit();
}

LogicalResult Outputs::commit() { return check(artifacts.commit()); }

LogicalResult Outputs::writeCode(ModuleOp module, const Interface &interface) {
  weights = readWeights(module);
  if (failed(writeWeights(module, interface)))
    return failure();
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> code = [&] {
    TimingScope scope = stages.begin("translate");
    return translateToLLVM(module, interface, settings.processors,
                           settings.options.level, weights,
                           settings.stage == Stage::Library, context);
  }();
  if (failed(code))
    return failure();
  FailureOr<Objects> objects = makeObjects(**code);
  if (failed(objects))
    return failure();
  if (settings.isText())
    return commit();
  TimingScope scope = stages.begin("link");
  if (failed(link(*objects)) || failed(writeHeaderFile(interface)) ||
      failed(commit()))
    return failure();
  if (settings.options.verbose)
    describe(interface);
  return success();
}

/// Writes the weights, which bypass LLVM, to a file beside the library or to an
/// object file of their own. Releases their memory.
LogicalResult Outputs::writeWeights(ModuleOp module,
                                    const Interface &interface) {
  if (!weights.bytes)
    return success();
  TimingScope scope = stages.begin("weights");
  const std::string &path = settings.options.weights;
  bool isBeside = !path.empty();
  auto reserved = artifacts.reserve(
      isBeside ? path : settings.besideOutput(".weights.o"), isBeside);
  if (!reserved)
    return report(reserved.takeError());
  if (isBeside)
    weights.file = llvm::sys::path::filename(path).str();
  else
    files.push_back(*reserved);
  if (failed(check(isBeside
                       ? writeSafetensors(weights, *reserved)
                       : writeWeightsObject(weights, weightsSymbol(interface),
                                            *reserved))))
    return failure();
  for (auto weight : module->getAttrOfType<ArrayAttr>(codegen::weights)
                         .getAsRange<codegen::WeightAttr>())
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(weight.getValues()))
      resource.getRawHandle().getResource()->setBlob(AsmResourceBlob());
  for (Weight &weight : weights.all)
    weight.data = {};
  return success();
}

FailureOr<Outputs::Objects> Outputs::makeObjects(llvm::Module &code) {
  // Assembly and LLVM IR are written as text for the whole module, so it must
  // not be split.
  if (settings.isText() || settings.options.saveTemps)
    return makeObjectWithText(code);
  TimingScope scope = stages.begin("optimise and machine code");
  auto parts =
      emitObjects(code, settings.processors.front(), settings.options.level);
  if (!parts)
    return report(parts.takeError());
  return std::move(*parts);
}

FailureOr<Outputs::Objects> Outputs::makeObjectWithText(llvm::Module &code) {
  std::unique_ptr<llvm::TargetMachine> machine =
      settings.processors.front().makeMachine(settings.options.level);
  {
    TimingScope scope = stages.begin("optimise");
    optimize(code, *machine, settings.options.level);
  }
  bool isIR = settings.stage == Stage::LLVM;
  if (isIR || settings.options.saveTemps) {
    auto writeIR = [&](llvm::raw_ostream &os) {
      code.print(os, nullptr);
      return llvm::Error::success();
    };
    if (failed(check(artifacts.write(
            isIR ? settings.output : settings.besideOutput(".ll"), writeIR))))
      return failure();
  }
  if (isIR)
    return Objects();
  TimingScope scope = stages.begin("machine code");
  auto writeCode = [&](llvm::raw_pwrite_stream &os) {
    return emitCode(code, *machine, settings.stage == Stage::Assembly, os);
  };
  if (settings.stage == Stage::Assembly) {
    if (failed(check(artifacts.write(settings.output, writeCode))))
      return failure();
    return Objects();
  }
  Objects objects(1);
  llvm::raw_svector_ostream os(objects.front());
  if (failed(check(writeCode(os))))
    return failure();
  return objects;
}

/// Writes the bytes to a reserved file and returns its path.
FailureOr<std::string> Outputs::reserve(StringRef path, bool keep,
                                        StringRef bytes) {
  auto file = artifacts.reserve(path, keep);
  if (!file)
    return report(file.takeError());
  if (failed(check(artifacts.fill(*file, bytes))))
    return failure();
  return std::move(*file);
}

LogicalResult Outputs::link(const Objects &objects) {
  bool isObject = settings.stage == Stage::Object;
  // Where there are weights or several parts, the object file is linked from
  // temporary ones.
  bool isAlone = isObject && files.empty() && objects.size() == 1;
  std::vector<std::string> parts;
  for (const llvm::SmallString<0> &bytes : objects) {
    auto part =
        reserve(isAlone ? settings.output
                        : settings.besideOutput(isObject ? ".code.o" : ".o"),
                isAlone || settings.options.saveTemps, bytes);
    if (failed(part))
      return failure();
    parts.push_back(std::move(*part));
  }
  if (settings.stage == Stage::Archive && parts.size() > 1) {
    auto linked = linkObject(parts);
    if (!linked)
      return report(linked.takeError());
    auto whole = reserve(settings.besideOutput(".o"), /*keep=*/false, *linked);
    if (failed(whole))
      return failure();
    parts = {std::move(*whole)};
  }
  files.insert(files.begin(), parts.begin(), parts.end());
  return isAlone ? success() : linkFiles();
}

LogicalResult Outputs::linkFiles() {
  StringRef name = llvm::sys::path::filename(settings.output);
  if (settings.stage == Stage::Archive) {
    auto archive = makeArchive(files, name);
    return check(archive
                     ? artifacts.write(settings.output, (*archive)->getBuffer())
                     : archive.takeError());
  }
  auto linked = settings.stage == Stage::Object ? linkObject(files)
                                                : linkLibrary(files, name);
  return check(linked ? artifacts.write(settings.output, linked->str())
                      : linked.takeError());
}

LogicalResult Outputs::writeHeaderFile(const Interface &interface) {
  std::string path = settings.besideOutput(".h");
  return check(artifacts.write(
      path,
      StringRef(writeHeader(interface, llvm::sys::path::filename(path)))));
}

void Outputs::describe(const Interface &interface) {
  uint64_t bytes = 0;
  (void)llvm::sys::fs::file_size(settings.output, bytes);
  auto list = [](const std::vector<Argument> &arguments) {
    auto texts = llvm::map_range(arguments, [](const Argument &argument) {
      return fmt::format(FMT_STRING("{}: {}"), argument.cName,
                         argument.describe());
    });
    return llvm::join(texts, ", ");
  };
  auto processors = llvm::map_range(
      settings.processors, [](const Processor &one) { return one.cpu; });
  print(llvm::outs(),
        FMT_STRING("{}: {} bytes, for {}, {} bytes of weights {}\n{}:\n"),
        settings.output, bytes, llvm::join(processors, ", "), weights.bytes,
        weights.file.empty()
            ? "inside"
            : fmt::format(FMT_STRING("in {}"), settings.options.weights),
        settings.besideOutput(".h"));
  for (const Function &function : interface.functions)
    print(llvm::outs(), FMT_STRING("  {}_{}({}) -> {}\n"), interface.prefix,
          function.cName, list(function.inputs), list(function.outputs));
}

} // namespace dlc
