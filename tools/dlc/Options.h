//===- Options.h - The options of dlc ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TOOLS_DLC_OPTIONS_H
#define DLC_TOOLS_DLC_OPTIONS_H

#include "dlc/Driver/Compile.h"
#include "llvm/Support/CommandLine.h"
#include <memory>

namespace cl = llvm::cl;

/// Each option once: where its value belongs, its default and its help.
class Options {
public:
  Options();

  /// Reads the arguments and DLC_OPTIONS. Ends the program where they are
  /// wrong.
  void parse(int argc, char **argv);

  /// Prints a table that is asked for instead of a compilation; whether there
  /// was one.
  bool printTable() const;

  dlc::CompileOptions settings;

private:
  template <typename T> using Located = cl::opt<T, /*ExternalStorage=*/true>;

  /// An option of the pipelines, under its name and with its help.
  template <typename T> void offer(dlc::PipelineOptions::Option<T> &option);

  static std::string helpOfTraining();
  void settleLevel();
  void settleDims();
  void settleTuning();

  std::string trainingHelp = helpOfTraining();
  cl::OptionCategory category{"Options of dlc"};
  llvm::SmallVector<std::unique_ptr<cl::Option>> offered;

  Located<std::string> input{cl::Positional,
                             cl::desc("<model.onnx, model.mlir, - for stdin>"),
                             cl::location(settings.input), cl::cat(category)};
  Located<std::string> output{
      "o",
      cl::desc("Where to write; the suffix (.so .o .a .s .ll .mlir) "
               "selects what. A library, object or archive comes with its "
               "header .h"),
      cl::value_desc("file"), cl::location(settings.output), cl::cat(category)};
  Located<dlc::Stage> emit{
      "emit", cl::desc("What to write, where the suffix does not say:"),
      cl::values(
          clEnumValN(dlc::Stage::DL, "dl", "the simplified model"),
          clEnumValN(dlc::Stage::Linalg, "linalg", "linalg on tensors"),
          clEnumValN(dlc::Stage::Schedule, "schedule",
                     "linalg with loop nests and how they are tiled"),
          clEnumValN(dlc::Stage::Schedules, "schedules",
                     "only these schedules, to edit for --schedules"),
          clEnumValN(dlc::Stage::Vector, "vector", "tiles of vectors"),
          clEnumValN(dlc::Stage::LLVM, "llvm", "LLVM IR"),
          clEnumValN(dlc::Stage::Assembly, "asm", "assembly"),
          clEnumValN(dlc::Stage::Object, "obj", "an object file"),
          clEnumValN(dlc::Stage::Archive, "archive", "a static library"),
          clEnumValN(dlc::Stage::Library, "lib", "a shared library (default)")),
      cl::location(settings.stage), cl::cat(category)};
  Located<std::string> cpu{
      "cpu",
      cl::desc("Processor to compile for: native (default) or a name, e.g. "
               "x86-64-v3 (AVX2), x86-64-v4 (AVX-512), znver4. Several "
               "with commas: the library takes the best that runs where it "
               "is loaded; portable is x86-64-v3,x86-64-v4"),
      cl::value_desc("names"), cl::location(settings.cpu), cl::cat(category)};
  cl::opt<char> level{
      "O",
      cl::desc("0: plain loops, unoptimised; 1: plain loops; 2: tiles "
               "and vectors; 3: the same, LLVM at its best (default)"),
      cl::Prefix, cl::init('3'), cl::cat(category)};
  Located<bool> saveTemps{
      "save-temps", cl::desc("Keep the IR of every stage beside the output"),
      cl::location(settings.saveTemps), cl::cat(category)};
  Located<bool> timePasses{
      "time-passes", cl::desc("Print where compile time went"),
      cl::location(settings.timePasses), cl::cat(category)};
  Located<bool> verifyEach{
      "verify-each",
      cl::desc("Verify the IR after each pass, not only after each stage"),
      cl::location(settings.verifyEach), cl::cat(category)};
  Located<std::string> reproducer{
      "reproducer",
      cl::desc("Where a pass fails or crashes, write the IR before "
               "it and the pass: dlc-opt --run-reproducer "
               "<file.mlir> repeats it"),
      cl::value_desc("file.mlir"), cl::location(settings.reproducer),
      cl::cat(category)};
  Located<bool> report{
      "report",
      cl::desc("Print the layers with their weights and connections, "
               "and the fused loop nests with their operations, bytes "
               "and tiles"),
      cl::location(settings.report), cl::cat(category)};
  Located<dlc::Precision> precision{
      "precision", cl::desc("How products of f32 with constants are computed:"),
      cl::values(
          clEnumValN(dlc::Precision::F32, "f32", "as the model says (default)"),
          clEnumValN(dlc::Precision::BF16, "bf16",
                     "operands rounded to bf16 (8 bits of "
                     "precision), sums in f32")),
      cl::location(settings.precision), cl::cat(category)};
  Located<std::string> schedules{
      "schedules",
      cl::desc("Tile as this file says: one that --emit=schedules has "
               "written, edited by hand"),
      cl::value_desc("file"), cl::location(settings.schedules),
      cl::cat(category)};
  Located<std::string> tuning{
      "tune",
      cl::desc("Choose the tiles of products by measuring on this "
               "machine; what was best is kept in the file (default "
               "dlc/tuning.json in the user's cache folder)"),
      cl::ValueOptional,
      cl::value_desc("file"),
      cl::location(settings.tuning),
      cl::cat(category)};
  Located<std::string> weights{
      "weights",
      cl::desc("Put the weights into this file in the safetensors "
               "format instead of the library; processes share it. The "
               "library looks for it in its own folder"),
      cl::value_desc("file.safetensors"), cl::location(settings.weights),
      cl::cat(category)};
  cl::list<std::string, std::vector<std::string>> training{
      "train", cl::desc(trainingHelp), cl::value_desc("key=value ..."),
      cl::location(settings.training), cl::cat(category)};
  Located<std::string> parameters{
      "parameters",
      cl::desc("Take the values of weights from this file, by name, "
               "as a training library saves them"),
      cl::value_desc("file.safetensors"), cl::location(settings.parameters),
      cl::cat(category)};
  Located<std::string> recompute{
      "recompute",
      cl::ValueOptional,
      cl::desc("For derivatives of recurrent layers keep only the states "
               "of every k-th step (without a number: of each) and "
               "compute the rest again; with a size (KiB, MiB, GiB): "
               "compute so much again, of recurrent and other layers, "
               "that no more than this is kept"),
      cl::value_desc("k|size"),
      cl::location(settings.recompute),
      cl::cat(category)};
  cl::list<std::string> dims{
      "dim",
      cl::desc("Fix a free extent of an ONNX model, by its name or by its "
               "input and position: --dim batch=8, --dim image:0=8"),
      cl::value_desc("name=extent"), cl::cat(category)};
  Located<bool> allowNativeCode{
      "allow-native-code",
      cl::desc("Take a .mlir file of any dialect and "
               "attribute, with code and calls that the "
               "library will run unchecked; only for files "
               "that you trust as you trust a program"),
      cl::location(settings.allowNativeCode), cl::cat(category)};
  cl::opt<bool> listOps{
      "list-mlir-ops",
      cl::desc("Print the ops that a .mlir file may hold, with how "
               "each is checked"),
      cl::cat(category)};
  cl::opt<bool> listOperators{
      "list-onnx-operators",
      cl::desc("Print the ONNX operators that are read, with "
               "their first and last opset"),
      cl::cat(category)};
  cl::opt<bool> listWords{
      "list-training-words",
      cl::desc("Print the words of --train, with what they take and "
               "their defaults"),
      cl::cat(category)};
  Located<bool> verbose{"v", cl::desc("Say what was written"),
                        cl::location(settings.verbose), cl::cat(category)};
  Located<bool> progress{
      "progress", cl::desc("Say on stderr which stage begins, one line each"),
      cl::location(settings.progress), cl::cat(category)};
};

#endif // DLC_TOOLS_DLC_OPTIONS_H
