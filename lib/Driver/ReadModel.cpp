//===- ReadModel.cpp - Reads a model file into a module -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ReadModel.h"
#include "Messages.h"
#include "ReadMLIR.h"
#include "dlc/Import/ONNX.h"
#include "dlc/Support/FileKind.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/OpenFile.h"
#include "dlc/Transforms/Transforms.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace dlc {

static OwningOpRef<ModuleOp>
importModel(const Settings &settings, StringRef bytes, MLIRContext &context) {
  ImportOptions import;
  for (auto &[name, extent] : settings.options.dims)
    import.dims[name] = extent;
  import.nameParameters = settings.namesParameters();
  import.evaluator = [](ModuleOp module) {
    return getEvaluator(module.getContext())->evaluate(module, {});
  };
  return importONNX(bytes, settings.options.input, import, &context);
}

FailureOr<ReadModel> readModel(const Settings &settings, Stages &stages,
                               llvm::SourceMgr &sources, MLIRContext &context) {
  TimingScope scope = stages.begin("parse");
  const CompileOptions &options = settings.options;
  if (options.input != "-") {
    if (!llvm::sys::fs::exists(options.input))
      return report(
          fmt::format(FMT_STRING("there is no file '{}'"), options.input));
    if (llvm::sys::fs::is_directory(options.input))
      return report(fmt::format(
          FMT_STRING("'{}' is a folder, expected a model file (.mlir, .onnx)"),
          options.input));
  }
  auto file = readInput(options.input);
  if (!file)
    return report(fmt::format(FMT_STRING("'{}' {}"), options.input,
                              llvm::toString(file.takeError())));
  IdentifiedFile identified = identifyFile((*file)->getBuffer(), options.input);
  if (identified.kind == FileKind::Other)
    return report(
        fmt::format(FMT_STRING("'{}' {}"), options.input, identified.message));
  ReadModel model;
  model.isONNX = identified.kind == FileKind::ONNX;
  if (model.isONNX) {
    model.module = importModel(settings, (*file)->getBuffer(), context);
  } else {
    if (!options.dims.empty())
      return report(fmt::format(
          FMT_STRING("--dim fixes symbolic dimensions of ONNX models, '{}' is "
                     "none"),
          options.input));
    sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
    model.module = readMLIR(sources, options.allowNativeCode, context);
  }
  if (!model.module)
    return failure();
  return model;
}

} // namespace dlc
