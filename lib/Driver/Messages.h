//===- Messages.h - What a compilation tells its user -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_MESSAGES_H
#define DLC_LIB_DRIVER_MESSAGES_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// Prints an error of dlc's; failure.
llvm::LogicalResult report(const llvm::Twine &message);
llvm::LogicalResult report(llvm::Error error);

/// Success, or the error as `report` tells it.
llvm::LogicalResult check(llvm::Error error);

/// Prints diagnostics whose place is a name, as nodes of imported models have
/// one instead of a line.
class NamedPlaces : public mlir::ScopedDiagnosticHandler {
public:
  explicit NamedPlaces(mlir::MLIRContext *context);
};

/// Says of ops of TOSA that are left what upstream says of its conversion.
class TosaMessages : public mlir::ScopedDiagnosticHandler {
public:
  explicit TosaMessages(mlir::MLIRContext *context);
};

/// The stages of a compilation: each is timed, and told where that is wanted.
class Stages {
public:
  Stages(bool areTimed, bool areTold);

  mlir::TimingScope begin(llvm::StringRef name);

private:
  mlir::DefaultTimingManager manager;
  mlir::TimingScope root;
  bool areTold;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_MESSAGES_H
