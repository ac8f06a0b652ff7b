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

/// How far down to go.
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

/// How products of f32 with constants are computed: as they are, or with
/// operands rounded to bf16 and sums of f32.
enum class Precision { F32, BF16 };

struct CompileOptions {
  std::string input;  // a path, or - for standard input
  std::string output; // empty: from the input's name, text to standard output
  Stage stage = Stage::Auto; // Auto: from the output's suffix
  std::string cpu = "native";
  unsigned level = 3;
  bool saveTemps = false;
  bool timePasses = false;
  /// Verifies behind each pass, which takes half as long again.
  bool verifyEach = false;
  /// A file for the IR in front of a pass that fails or crashes, with the pass;
  /// "" for none.
  std::string reproducer;
  bool verbose = false;
  /// Says on stderr which stage begins, a line each: `stage: linalg`.
  bool progress = false;
  bool report = false;
  Precision precision = Precision::F32;
  /// A file of measured schedules, read and added to; empty: the machine model
  /// chooses.
  std::string tuning;
  /// A file of schedules to take instead of those that are chosen, as
  /// Stage::Schedules writes it; empty: none.
  std::string schedules;
  std::string weights; // a .safetensors file to put them in; empty: inside
  /// What a training step is made of, key=value each; none: inference alone.
  std::vector<std::string> training;
  std::string parameters; // a .safetensors file to take weights from
  /// Derivatives through time: every how many steps they keep states alone, or
  /// how much they may keep ("64MiB").
  std::string recompute;
  /// Symbolic dimensions of an ONNX model that are fixed: {"batch", 8}.
  std::vector<std::pair<std::string, int64_t>> dims;
  /// A .mlir file may hold any op: code that the library runs unchecked.
  bool allowNativeCode = false;
  /// What the passes are told as it is; what follows from the above is settled
  /// by `compile`.
  PipelineOptions pipeline;
};

/// Prints a table of the ops that a .mlir file may hold, by how each is
/// checked.
void printAllowedOps(llvm::raw_ostream &os);

/// Compiles one model. Problems are printed to standard error, each with its
/// place; output files are complete or absent.
llvm::LogicalResult compile(const CompileOptions &options);

} // namespace dlc

#endif // DLC_DRIVER_COMPILE_H
