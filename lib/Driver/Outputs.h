//===- Outputs.h - The files of a compilation -------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_OUTPUTS_H
#define DLC_LIB_DRIVER_OUTPUTS_H

#include "Artifacts.h"
#include "Messages.h"
#include "Settings.h"
#include "dlc/Target/Interface.h"
#include "dlc/Target/Weights.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallString.h"

namespace llvm {
class Module;
} // namespace llvm

namespace dlc {

/// Writes the requested output: a module as text, or what LLVM generates from
/// it.
class Outputs {
public:
  Outputs(const Settings &settings, Stages &stages)
      : settings(settings), stages(stages) {}

  /// Saves a stage's IR beside the output, if requested.
  llvm::LogicalResult saveText(mlir::ModuleOp module, llvm::StringRef suffix);
  /// Writes a stage's IR as the output.
  llvm::LogicalResult writeText(mlir::ModuleOp module);
  /// Writes the schedules of a module as the output.
  llvm::LogicalResult writeSchedules(mlir::ModuleOp module);
  /// Lowers the LLVM dialect to LLVM IR, assembly, an object, an archive or a
  /// library.
  llvm::LogicalResult writeCode(mlir::ModuleOp module,
                                const Interface &interface);

  Artifacts artifacts;

private:
  /// Object files, one per part; none where the output was text.
  using Objects = std::vector<llvm::SmallString<0>>;

  llvm::LogicalResult writeWeights(mlir::ModuleOp module,
                                   const Interface &interface);
  llvm::FailureOr<Objects> makeObjects(llvm::Module &code);
  llvm::FailureOr<Objects> makeObjectWithText(llvm::Module &code);
  llvm::FailureOr<std::string> reserve(llvm::StringRef path, bool keep,
                                       llvm::StringRef bytes);
  llvm::LogicalResult link(const Objects &objects);
  llvm::LogicalResult linkFiles();
  llvm::LogicalResult writeHeaderFile(const Interface &interface);
  llvm::LogicalResult commit();
  void describe(const Interface &interface);

  const Settings &settings;
  Stages &stages;
  Weights weights;
  /// The object files to link, in order.
  std::vector<std::string> files;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_OUTPUTS_H
