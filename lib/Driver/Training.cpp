//===- Training.cpp - What --train asks for -------------------------------===//

#include "Training.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>
#include <variant>

using namespace llvm;

namespace dlc {

Expected<AddTrainingOptions> parseTraining(ArrayRef<std::string> words) {
  AddTrainingOptions options;
  using Place = std::variant<std::string *, double *, int64_t *,
                             SmallVector<std::string> *>;
  const std::pair<StringRef, Place> keys[] = {
      {"function", &options.function},
      {"loss", &options.loss},
      {"target", &options.target},
      {"axis", &options.axis},
      {"smoothing", &options.smoothing},
      {"metrics", &options.metrics},
      {"optimizer", &options.optimizer},
      {"rate", &options.rate},
      {"momentum", &options.momentum},
      {"beta1", &options.beta1},
      {"beta2", &options.beta2},
      {"rho", &options.rho},
      {"epsilon", &options.epsilon},
      {"weight-decay", &options.weightDecay},
      {"schedule", &options.schedule},
      {"decay", &options.decay},
      {"steps", &options.steps},
      {"warmup", &options.warmup},
      {"clip-norm", &options.clipNorm},
      {"clip-value", &options.clipValue},
      {"initializer", &options.initializer},
      {"averaging", &options.averaging},
      {"frozen", &options.frozen}};
  std::string wrong;
  auto complain = [&](const Twine &message) {
    wrong += (wrong.empty() ? "--train: " : "; ") + message.str();
  };
  SmallVector<StringRef> names;
  for (auto &[name, place] : keys)
    names.push_back(name);
  for (StringRef word : words) {
    auto [name, value] = word.split('=');
    const auto *key = find_if(
        keys, [name = name](auto &entry) { return entry.first == name; });
    if (key == std::end(keys)) {
      complain("there is no '" + name + "'" +
               (word.contains('=') ? "" : ", expected key=value") +
               dl::suggestName(name, names));
      continue;
    }
    if (value.empty()) {
      complain(name + " has no value, expected " + name + "=...");
      continue;
    }
    if (auto *text = std::get_if<std::string *>(&key->second)) {
      **text = value.str();
    } else if (auto *number = std::get_if<double *>(&key->second)) {
      if (value.getAsDouble(**number) || !std::isfinite(**number))
        complain(name + "=" + value + " is no number");
    } else if (auto *count = std::get_if<int64_t *>(&key->second)) {
      if (value.getAsInteger(10, **count))
        complain(name + "=" + value + " is no whole number");
    } else {
      SmallVector<StringRef> parts;
      value.split(parts, ',', -1, /*KeepEmpty=*/false);
      for (StringRef part : parts)
        std::get<SmallVector<std::string> *>(key->second)
            ->push_back(part.str());
    }
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
    return createStringError(
        "--recompute=" + text +
        ", expected a number of steps or a size such as 64MiB");
  int64_t value = number * scale;
  return unit.empty() ? Recomputation{value, 0} : Recomputation{0, value};
}

} // namespace dlc
