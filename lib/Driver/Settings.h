//===- Settings.h - Settings derived from the options -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_SETTINGS_H
#define DLC_LIB_DRIVER_SETTINGS_H

#include "dlc/Driver/Compile.h"
#include "dlc/Target/Processor.h"
#include "llvm/ADT/StringRef.h"

namespace dlc {

/// The options and all settings derived from them, before any work is done.
class Settings {
public:
  explicit Settings(const CompileOptions &options);

  /// Derives the settings. Reports conflicting options.
  llvm::LogicalResult settle();

  /// The library's path, even if no library is written.
  llvm::StringRef libraryPath() const;
  /// The output's path with another suffix.
  std::string besideOutput(llvm::StringRef suffix) const;

  bool isText() const { return stage <= Stage::Assembly; }
  bool hasTraining() const { return !options.training.empty(); }
  /// Whether weights must be identified by name.
  bool namesParameters() const {
    return hasTraining() || !options.parameters.empty();
  }

  const CompileOptions &options;
  Stage stage = Stage::Auto;
  std::string output;
  AddTrainingOptions training;
  PipelineOptions pipeline;
  std::vector<Processor> processors; // the least capable first

private:
  llvm::LogicalResult settleOutput();
  llvm::LogicalResult settleWeights();
  llvm::LogicalResult settleTraining();
  llvm::LogicalResult settleProcessors();
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_SETTINGS_H
