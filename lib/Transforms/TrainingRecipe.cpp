//===- TrainingRecipe.cpp - What a training step is made of ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TrainingRecipe.h"
#include "llvm/Support/GlobPattern.h"
#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

StringRef dlc::globalOf(Value value) {
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  return load ? load.getGlobal().getLeafReference().getValue() : StringRef();
}

SmallVector<StringRef> dlc::averagesOf(TrainingFormOpInterface op) {
  SmallVector<StringRef> names;
  for (Value average : op.getRunningAverages())
    names.push_back(globalOf(average));
  if (llvm::is_contained(names, ""))
    names.clear();
  return names;
}

namespace {

class Reader {
public:
  Reader(ModuleOp module, const AddTrainingOptions &options)
      : module(module), options(options), loc(module.getLoc()) {}

  FailureOr<TrainingRecipe> run() {
    bool hasFunction = succeeded(findFunction());
    if (failed(readChoices()) || !hasFunction)
      return failure();
    loc = recipe.function.getLoc();
    if (failed(findParameters()))
      return failure();
    return std::move(recipe);
  }

private:
  InFlightDiagnostic fail() {
    isWrong = true;
    return mlir::emitError(loc);
  }

  LogicalResult findFunction() {
    SmallVector<StringRef> names;
    for (auto candidate : module.getOps<func::FuncOp>()) {
      if (!candidate.isPublic() || candidate.isDeclaration())
        continue;
      names.push_back(candidate.getName());
      if (options.function.empty() || options.function == candidate.getName())
        recipe.function = candidate;
    }
    if (!options.function.empty() && !recipe.function)
      return fail() << "there is no function '" << options.function
                    << "' to train" << suggestName(options.function, names);
    if (!recipe.function)
      return fail() << "there is no public function to train";
    if (options.function.empty() && names.size() > 1)
      return fail() << "there are " << names.size()
                    << " public functions, expected function=" << names.front()
                    << " or another one to train";
    for (StringRef taken : {"step", "evaluate", "initialize"})
      if (module.lookupSymbol(taken))
        fail() << "the model has a function '" << taken
               << "' already, expected none: training adds one of this name";
    auto result =
        recipe.function.getNumResults()
            ? dyn_cast<RankedTensorType>(recipe.function.getResultTypes()[0])
            : RankedTensorType();
    if (!result || !isa<FloatType>(result.getElementType()))
      fail() << "the first result of '" << recipe.function.getName()
             << "' is no tensor of floats, expected what the loss is taken of";
    return failure(isWrong);
  }

  /// A name among known ones; the message lists them.
  void check(StringRef what, StringRef name, ArrayRef<StringRef> known) {
    if (llvm::is_contained(known, name))
      return;
    auto error = fail();
    if (name.empty())
      error << "training needs a " << what;
    else
      error << "unknown " << what << " '" << name << "'";
    error << ", expected ";
    llvm::interleaveComma(known, error);
    error << suggestName(name, known);
  }

  LogicalResult readChoices() {
    for (const TrainingWord &word : trainingWords())
      std::visit([&](auto place) { checkValue(word, options.*place); },
                 word.place);
    recipe.loss = findRow(lossTable(), options.loss);
    recipe.optimizer = findRow(optimizerTable(), options.optimizer);
    for (const std::string &metric : options.metrics)
      recipe.metrics.push_back(findRow(metricTable(), metric));
    recipe.initializer = symbolizeInitializerKind(options.initializer)
                             .value_or(InitializerKind());
    recipe.schedule =
        symbolizeScheduleKind(options.schedule).value_or(ScheduleKind());
    return failure(isWrong);
  }

  void checkValue(const TrainingWord &word, const std::string &value) {
    if (word.names)
      check(word.name, value, word.names());
  }
  void checkValue(const TrainingWord &word,
                  const SmallVector<std::string> &values) {
    if (word.names)
      for (const std::string &value : values)
        check(word.name.drop_back(), value, word.names()); // without its s
  }
  void checkValue(const TrainingWord &, int64_t) {}
  void checkValue(const TrainingWord &word, double value) {
    auto isIn = [&] {
      switch (word.range) {
      case TrainingWord::Range::Any:
        return true;
      case TrainingWord::Range::NotNegative: // or the optimiser's own
        return std::isnan(value) || (value >= 0 && std::isfinite(value));
      case TrainingWord::Range::Share:
        return value >= 0 && value <= 1;
      case TrainingWord::Range::LessThanOne:
        return value >= 0 && value < 1;
      }
      llvm_unreachable("unknown range");
    };
    if (!isIn())
      fail() << word.name << " " << value << ", expected "
             << describeRange(word.range);
  }

  LogicalResult findParameters() {
    SmallVector<std::pair<StringRef, llvm::GlobPattern>> patterns;
    for (const std::string &text : options.frozen) {
      auto pattern = llvm::GlobPattern::create(text);
      if (!pattern) {
        fail() << "frozen pattern '" << text
               << "': " << llvm::toString(pattern.takeError());
        continue;
      }
      patterns.push_back({text, std::move(*pattern)});
    }
    llvm::SetVector<StringRef> read;
    recipe.function.walk([&](ml_program::GlobalLoadConstOp load) {
      read.insert(globalOf(load));
    });
    recipe.function.walk([&](TrainingFormOpInterface op) {
      recipe.averages.insert_range(averagesOf(op));
    });
    llvm::SetVector<StringRef> matched;
    SmallVector<StringRef> names;
    for (StringRef name : read) {
      auto global = module.lookupSymbol<ml_program::GlobalOp>(name);
      auto type = global ? dyn_cast<RankedTensorType>(global.getType())
                         : RankedTensorType();
      if (!type || !isa<FloatType>(type.getElementType()))
        continue;
      names.push_back(name);
      bool isFrozen = false;
      for (auto &[text, pattern] : patterns)
        if (pattern.match(name)) {
          isFrozen = true;
          matched.insert(text);
        }
      if (isFrozen) {
        recipe.averages.remove(name);
        continue;
      }
      if (!type.getElementType().isF32() && !type.getElementType().isF64())
        fail() << "parameter '" << name << "' has type " << type
               << ", expected f32 or f64 to train, or frozen=" << name;
      if (!recipe.averages.contains(name))
        recipe.parameters.push_back(global);
    }
    for (auto &[text, pattern] : patterns)
      if (!matched.contains(text))
        fail() << "frozen=" << text << " names no parameter"
               << suggestName(text, names);
    if (recipe.parameters.empty() && !isWrong)
      fail() << "'" << recipe.function.getName()
             << "' has no parameters to train, expected it to read an "
                "ml_program.global of floats that is not frozen";
    return failure(isWrong);
  }

  ModuleOp module;
  const AddTrainingOptions &options;
  Location loc;
  bool isWrong = false;
  TrainingRecipe recipe;
};
} // namespace

FailureOr<TrainingRecipe> dlc::readRecipe(ModuleOp module,
                                          const AddTrainingOptions &options) {
  return Reader(module, options).run();
}
