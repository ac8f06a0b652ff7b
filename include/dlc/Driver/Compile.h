//===- Compile.h - From a model file to a library ---------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DRIVER_COMPILE_H
#define DLC_DRIVER_COMPILE_H

#include "dlc/Driver/Pipelines.h"
#include "llvm/Support/LogicalResult.h"
#include <string>
#include <utility>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace dlc {

/// The stage at which compilation stops and writes its output.
enum class Stage {
  Auto,
  DL,
  Linalg,
  Schedule,
  Schedules,
  Vector,
  LLVM,
  Assembly,
  Object,
  Archive,
  Library
};

/// How products of f32 values with constants are computed: in f32, or with the
/// operands rounded to bf16 and accumulated in f32.
enum class Precision { F32, BF16 };

struct CompileOptions {
  std::string input;  // a path, or - for standard input
  std::string output; // empty: derived from the input's name; text: stdout
  Stage stage = Stage::Auto; // Auto: from the output's suffix
  std::string cpu = "native";
  unsigned level = 3;
  bool saveTemps = false;
  bool timePasses = false;
  /// Verifies the IR after each pass; compilation takes half as long again.
  bool verifyEach = false;
  /// A file to which the IR before a failing or crashing pass, and that pass,
  /// are written; "": none.
  std::string reproducer;
  bool verbose = false;
  /// Prints the name of each stage to stderr as it begins, one per line:
  /// `stage: linalg`.
  bool progress = false;
  bool report = false;
  Precision precision = Precision::F32;
  /// A file of measured schedules, which is read and extended; empty: the
  /// machine model chooses.
  std::string tuning;
  /// A file of schedules in the format of Stage::Schedules, used instead of the
  /// chosen ones; empty: none.
  std::string schedules;
  std::string weights; // a .safetensors file for them; empty: in the library
  /// The parts of a training step, one key=value each; empty: inference only.
  std::vector<std::string> training;
  std::string parameters; // a .safetensors file to read weights from
  /// Rematerialisation in derivatives through time: the interval, in steps, at
  /// which only the states are kept, or a bound on the memory kept ("64MiB").
  std::string recompute;
  /// Symbolic dimensions of an ONNX model to fix: {"batch", 8}.
  std::vector<std::pair<std::string, int64_t>> dims;
  /// Whether a .mlir file may hold any op, that is, code that the library runs
  /// unchecked.
  bool allowNativeCode = false;
  /// Options passed to the passes unchanged. `compile` sets those that follow
  /// from the options above.
  PipelineOptions pipeline;
};

/// Prints a table of the ops that a .mlir file may hold, grouped by how they
/// are checked.
void printAllowedOps(llvm::raw_ostream &os);

/// Compiles one model. Prints each error with its location to standard error.
/// Each output file is either complete or absent.
llvm::LogicalResult compile(const CompileOptions &options);

} // namespace dlc

#endif // DLC_DRIVER_COMPILE_H
