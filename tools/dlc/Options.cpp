//===- Options.cpp - The options of dlc -----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Options.h"
#include "dlc/Import/ONNX.h"
#include "dlc/Support/CommandLine.h"
#include "dlc/Support/Format.h"
#include "dlc/Transforms/Training.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include <cstdlib>

using namespace llvm;

[[noreturn]] static void fail(const Twine &message) {
  WithColor::error(errs(), "dlc") << message << "\n";
  std::exit(1);
}

std::string Options::helpOfTraining() {
  auto names = [](StringRef word) {
    return join(dlc::findTrainingWord(word)->names(), ", ");
  };
  return fmt::format(
      FMT_STRING("Make a library that trains: beside the model's function it "
                 "gets step, evaluate, initialize, save and load. Words of "
                 "key=value follow: loss ({}), optimizer ({}), rate, metrics "
                 "({}), frozen (patterns of names), and more: "
                 "--list-training-words"),
      names("loss"), names("optimizer"), names("metrics"));
}

Options::Options() {
  offer(settings.pipeline.unroll);
  offer(settings.pipeline.truncate);
  offer(settings.pipeline.fastMath);
  offer(settings.pipeline.profile);
  offer(settings.pipeline.checkFinite);
  offer(settings.pipeline.checkBounds);
  offer(settings.pipeline.separateBuffers);
  cl::HideUnrelatedOptions(category);
}

template <typename T>
void Options::offer(dlc::PipelineOptions::Option<T> &option) {
  offered.push_back(std::make_unique<cl::opt<T>>(
      option.ArgStr, cl::desc(option.HelpStr), cl::value_desc(option.ValueStr),
      cl::init(option.getValue()),
      cl::cb<void, const T &>([&](const T &value) { option = value; }),
      cl::cat(category)));
}

/// The arguments with the options of the environment, but for those that are
/// given here too.
static SmallVector<StringRef> withEnvironment(ArrayRef<char *> arguments) {
  auto nameOf = [](StringRef word) { return word.ltrim('-').split('=').first; };
  SmallVector<StringRef> given, all{arguments.front()};
  StringRef more = std::getenv("DLC_OPTIONS") ? std::getenv("DLC_OPTIONS") : "";
  more.split(given, ' ', -1, /*KeepEmpty=*/false);
  bool isTaken = true;
  for (StringRef word : given) {
    if (word.starts_with("-"))
      isTaken = none_of(arguments.drop_front(), [&](StringRef other) {
        return other.starts_with("-") && nameOf(other) == nameOf(word);
      });
    if (isTaken)
      all.push_back(word);
  }
  all.append(arguments.begin() + 1, arguments.end());
  return all;
}

/// All words of key=value after --train are its own.
static SmallVector<std::string> attachWords(ArrayRef<StringRef> arguments) {
  SmallVector<std::string> words{arguments.front().str()};
  bool isTraining = false;
  for (StringRef word : arguments.drop_front()) {
    if (isTraining && !word.starts_with("-") && word.contains('=')) {
      words.push_back(("--train=" + word).str());
    } else if (word == "--train" || word == "-train") {
      isTraining = true;
    } else {
      isTraining = word.starts_with("--train=") || word.starts_with("-train=");
      words.push_back(word.str());
    }
  }
  return words;
}

void Options::parse(int argc, char **argv) {
  SmallVector<std::string> words =
      attachWords(withEnvironment(ArrayRef(argv, argc)));
  auto arguments = map_to_vector(
      words, [](const std::string &word) { return word.c_str(); });
  dlc::parseCommandLine(
      arguments, "dlc",
      "dlc, the deep-learning compiler: a network in, a small C library out\n\n"
      "  dlc model.onnx -o model.so      writes model.so and model.h\n");
  // LLD, which runs in this process, sets every option that is known to LLVM
  // back to its default.
  dlc::forgetForeignOptions();
  input.removeArgument();
  settleLevel();
  if (listOps || listOperators || listWords)
    return;
  if (settings.input.empty())
    fail("no model given, expected a file (.onnx, .mlir) or -");
  settleDims();
  settleTuning();
  if (settings.pipeline.truncate < 0)
    fail(fmt::format(FMT_STRING("--truncate {}, expected a number of steps"),
                     settings.pipeline.truncate.getValue()));
  if (recompute.getNumOccurrences() && settings.recompute.empty())
    settings.recompute = "1";
}

void Options::settleLevel() {
  if (level < '0' || level > '3')
    fail(fmt::format(FMT_STRING("unknown level -O{}, expected -O0 to -O3"),
                     level.getValue()));
  settings.level = level - '0';
}

void Options::settleDims() {
  for (StringRef dim : dims) {
    auto [name, extent] = dim.rsplit('=');
    int64_t value;
    if (name.empty() || extent.getAsInteger(10, value) || value < 1)
      fail(fmt::format(
          FMT_STRING("--dim {} is not understood, expected a name and an "
                     "extent of 1 or more, e.g. --dim batch=8"),
          dim));
    settings.dims.push_back({name.str(), value});
  }
}

void Options::settleTuning() {
  if (!tuning.getNumOccurrences() || !settings.tuning.empty())
    return;
  SmallString<128> path;
  if (!sys::path::cache_directory(path))
    fail("there is no cache folder; name a file with --tune=");
  sys::path::append(path, "dlc", "tuning.json");
  settings.tuning = path.str();
}

bool Options::printTable() const {
  if (listOperators)
    dlc::printONNXOperators(outs());
  else if (listOps)
    dlc::printAllowedOps(outs());
  else if (listWords)
    dlc::printTrainingWords(outs());
  else
    return false;
  return true;
}
