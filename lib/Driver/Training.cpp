//===- Training.cpp - The options of --train ------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Training.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/Suggest.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace llvm;

namespace dlc {

namespace {
/// Parses the text of a word into an option. Returns what is wrong with the
/// text, or "".
struct WordParser {
  AddTrainingOptions &options;
  StringRef text;

  StringRef operator()(std::string AddTrainingOptions::*place) const {
    options.*place = text.str();
    return "";
  }
  StringRef operator()(double AddTrainingOptions::*place) const {
    double &value = options.*place;
    return text.getAsDouble(value) || !std::isfinite(value) ? "no number" : "";
  }
  StringRef operator()(int64_t AddTrainingOptions::*place) const {
    return text.getAsInteger(10, options.*place) ? "no whole number" : "";
  }
  StringRef
  operator()(SmallVector<std::string> AddTrainingOptions::*place) const {
    for (StringRef part : split(text, ','))
      if (!part.empty())
        (options.*place).push_back(part.str());
    return "";
  }
};
} // namespace

Expected<AddTrainingOptions> parseTraining(ArrayRef<std::string> words) {
  AddTrainingOptions options;
  std::string wrong;
  auto complain = [&](const auto &text, const auto &...values) {
    wrong += wrong.empty() ? "--train: " : "; ";
    fmt::format_to(std::back_inserter(wrong), text, values...);
  };
  auto known =
      map_to_vector(trainingWords(), [](const TrainingWord &word) -> StringRef {
        return word.name;
      });
  for (StringRef given : words) {
    auto [name, value] = given.split('=');
    const TrainingWord *word = findTrainingWord(name);
    if (!word)
      complain(FMT_STRING("there is no '{}'{}{}"), name,
               given.contains('=') ? "" : ", expected key=value",
               suggestName(name, known));
    else if (value.empty())
      complain(FMT_STRING("{0} has no value, expected {0}=..."), name);
    else if (StringRef fault =
                 std::visit(WordParser{options, value}, word->place);
             !fault.empty())
      complain(FMT_STRING("{}={} is {}"), name, value, fault);
  }
  if (!wrong.empty())
    return createStringError(wrong);
  return options;
}

Expected<Recomputation> parseRecomputation(StringRef text) {
  if (text.empty())
    return Recomputation();
  StringRef unit = text;
  uint64_t number;
  bool isNumber = !unit.consumeInteger(10, number) && number > 0;
  auto scale = StringSwitch<uint64_t>(unit)
                   .Case("", 1)
                   .Case("KiB", uint64_t(1) << 10)
                   .Case("MiB", uint64_t(1) << 20)
                   .Case("GiB", uint64_t(1) << 30)
                   .Default(0);
  if (!isNumber || scale == 0 || number > INT64_MAX / scale)
    return createStringError(fmt::format(
        FMT_STRING("--recompute={}, expected a number of steps or a size such "
                   "as 64MiB"),
        text));
  int64_t value = number * scale;
  return unit.empty() ? Recomputation{value, 0} : Recomputation{0, value};
}

} // namespace dlc
