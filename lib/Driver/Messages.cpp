//===- Messages.cpp - Messages of a compilation ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Messages.h"
#include "dlc/Support/Format.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

namespace dlc {

void note(const llvm::Twine &message) {
  llvm::WithColor::note(llvm::errs(), "dlc") << message << "\n";
}

LogicalResult report(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "dlc") << message << "\n";
  return failure();
}

LogicalResult report(llvm::Error error) {
  return report(llvm::toString(std::move(error)));
}

LogicalResult check(llvm::Error error) {
  return error ? report(std::move(error)) : success();
}

NamedLocations::NamedLocations(MLIRContext *context)
    : ScopedDiagnosticHandler(context) {
  setHandler([](Diagnostic &diagnostic) {
    auto name = diagnostic.getLocation()->findInstanceOf<NameLoc>();
    bool isWarning = diagnostic.getSeverity() == DiagnosticSeverity::Warning;
    if (!name ||
        (!isWarning && diagnostic.getSeverity() != DiagnosticSeverity::Error))
      return failure();
    (isWarning ? llvm::WithColor::warning(llvm::errs(), "dlc")
               : llvm::WithColor::error(llvm::errs(), "dlc"))
        << name.getName().getValue() << ": " << diagnostic << "\n";
    return success();
  });
}

TosaMessages::TosaMessages(MLIRContext *context)
    : ScopedDiagnosticHandler(context) {
  // Upstream's message describes the conversion, not the model.
  setHandler([](Diagnostic &diagnostic) {
    std::string text = diagnostic.str();
    StringRef name = text;
    if (!name.consume_front("failed to legalize operation '"))
      return failure();
    emitError(diagnostic.getLocation())
        << "'" << name.take_until([](char c) { return c == '\''; })
        << "' cannot be lowered from tosa with these types, expected static "
           "extents or another op";
    return success();
  });
}

Stages::Stages(bool areTimed, bool announceStages)
    : announceStages(announceStages) {
  manager.setEnabled(areTimed);
  manager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  root = manager.getRootScope();
}

TimingScope Stages::begin(StringRef name) {
  if (announceStages)
    print(llvm::errs(), FMT_STRING("stage: {}\n"), name);
  return root.nest(name);
}

} // namespace dlc
