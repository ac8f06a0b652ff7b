//===- Settings.cpp - Settings derived from the options -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Settings.h"
#include "Messages.h"
#include "Training.h"
#include "dlc/Support/Format.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace dlc {

Settings::Settings(const CompileOptions &options) : options(options) {}

static Stage stageOf(StringRef path) {
  return llvm::StringSwitch<Stage>(llvm::sys::path::extension(path))
      .Case(".so", Stage::Library)
      .Case(".o", Stage::Object)
      .Case(".a", Stage::Archive)
      .Case(".s", Stage::Assembly)
      .Case(".ll", Stage::LLVM)
      .Case(".mlir", Stage::DL)
      .Default(Stage::Auto);
}

LogicalResult Settings::settle() {
  pipeline.copyOptionValuesFrom(options.pipeline);
  if (failed(settleOutput()) || failed(settleWeights()) ||
      failed(settleTraining()) || failed(settleProcessors()))
    return failure();
  pipeline.plainLoops = options.level < 2;
  pipeline.placeWeights = stage >= Stage::Object;
  pipeline.roundOperands = options.precision == Precision::BF16;
  return success();
}

LogicalResult Settings::settleOutput() {
  stage = options.stage;
  output = options.output;
  if (stage == Stage::Auto)
    stage = output.empty() ? Stage::Library : stageOf(output);
  if (stage == Stage::Auto)
    return report(fmt::format(
        FMT_STRING("cannot tell from the name '{}' what to write, expected "
                   ".so, .o, .a, .s, .ll or .mlir, or --emit"),
        output));
  if (!output.empty())
    return success();
  if (isText()) {
    output = "-";
    return success();
  }
  llvm::SmallString<128> name(options.input == "-"
                                  ? StringRef("model")
                                  : llvm::sys::path::filename(options.input));
  llvm::sys::path::replace_extension(name, stage == Stage::Object    ? "o"
                                           : stage == Stage::Archive ? "a"
                                                                     : "so");
  output = std::string(name);
  return success();
}

LogicalResult Settings::settleWeights() {
  if (options.weights.empty())
    return success();
  if (stage < Stage::Object)
    return report("--weights goes with a library, object or archive");
  if (llvm::sys::path::extension(options.weights) != ".safetensors")
    return report(fmt::format(
        FMT_STRING("--weights {} does not name a .safetensors file"),
        options.weights));
  return success();
}

LogicalResult Settings::settleTraining() {
  if (hasTraining()) {
    auto parsed = parseTraining(options.training);
    if (!parsed)
      return report(parsed.takeError());
    training = std::move(*parsed);
  }
  auto recomputation = parseRecomputation(options.recompute);
  if (!recomputation)
    return report(recomputation.takeError());
  pipeline.recompute = recomputation->steps;
  pipeline.memory = recomputation->bytes;
  return success();
}

LogicalResult Settings::settleProcessors() {
  auto found =
      Processor::getAll(options.cpu, options.precision == Precision::BF16);
  if (!found)
    return report(found.takeError());
  processors = std::move(*found);
  if (options.level < 2 &&
      (stage == Stage::Schedule || stage == Stage::Schedules))
    return report(fmt::format(
        FMT_STRING("-O{} makes no tiles, so it has no schedules, expected -O2 "
                   "or -O3"),
        options.level));
  if (!options.schedules.empty() &&
      (options.level < 2 || stage < Stage::Schedule))
    return report(fmt::format(
        FMT_STRING("--schedules sets tiles, which {} does not have"),
        options.level < 2
            ? fmt::format(FMT_STRING("-O{}"), options.level)
            : fmt::format(FMT_STRING("the output '{}'"), output)));
  if (options.tuning.empty())
    return success();
  if (options.cpu != "native")
    return report(
        fmt::format(FMT_STRING("--tune measures on this machine, so it goes "
                               "with --cpu=native, not with --cpu={}"),
                    options.cpu));
  if (options.level < 2)
    return report(fmt::format(
        FMT_STRING("--tune chooses tiles, which -O{} does not make, "
                   "expected -O2 or -O3"),
        options.level));
  if (stage < Stage::Schedule)
    return report(fmt::format(
        FMT_STRING("--tune chooses tiles, which the output '{}' does not have "
                   "yet"),
        output));
  return success();
}

StringRef Settings::libraryPath() const {
  return output == "-" ? StringRef("model") : StringRef(output);
}

std::string Settings::besideOutput(StringRef suffix) const {
  llvm::SmallString<128> path(libraryPath());
  llvm::sys::path::replace_extension(path, "");
  return (path + suffix).str();
}

} // namespace dlc
