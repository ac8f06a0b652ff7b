//===- Messages.h - Messages of a compilation -------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_MESSAGES_H
#define DLC_LIB_DRIVER_MESSAGES_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// Prints a note to what was reported before.
void note(const llvm::Twine &message);

/// Prints a dlc error and returns failure.
llvm::LogicalResult report(const llvm::Twine &message);
llvm::LogicalResult report(llvm::Error error);

/// Returns success, or prints the error as `report` does.
llvm::LogicalResult check(llvm::Error error);

/// Prints diagnostics whose location is a name: nodes of imported models have
/// names instead of lines.
class NamedLocations : public mlir::ScopedDiagnosticHandler {
public:
  explicit NamedLocations(mlir::MLIRContext *context);
};

/// Reports TOSA ops that upstream's conversion left, in terms of the model.
class TosaMessages : public mlir::ScopedDiagnosticHandler {
public:
  explicit TosaMessages(mlir::MLIRContext *context);
};

/// The stages of a compilation. Each is timed and announced if requested.
class Stages {
public:
  Stages(bool areTimed, bool announceStages);

  mlir::TimingScope begin(llvm::StringRef name);

private:
  mlir::DefaultTimingManager manager;
  mlir::TimingScope root;
  bool announceStages;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_MESSAGES_H
