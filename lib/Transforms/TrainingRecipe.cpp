//===- TrainingRecipe.cpp - What a training step is made of ---------------===//

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

bool dlc::hasAverages(BatchNormOp op) {
  return !globalOf(op.getMean()).empty() && !globalOf(op.getVariance()).empty();
}

namespace {

constexpr StringRef losses[] = {
    "mse",        "mae", "cross_entropy", "binary_cross_entropy", "hinge",
    "perceptron", "kl"};
constexpr StringRef metricNames[] = {"accuracy", "mae", "mse"};

const Optimizer optimizers[] = {
    {"sgd", {}, 0.01, 0},
    {"momentum", {"velocity"}, 0.01, 0},
    {"nesterov", {"velocity"}, 0.01, 0},
    {"adam", {"m", "v"}, 0.001, 1e-8},
    {"adamw", {"m", "v"}, 0.001, 1e-8},
    {"rmsprop", {"mean_square"}, 0.001, 1e-8},
    {"adagrad", {"sum_square"}, 0.01, 1e-10},
};

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
  bool check(StringRef what, StringRef name, ArrayRef<StringRef> known) {
    if (llvm::is_contained(known, name))
      return true;
    auto error = fail();
    if (name.empty())
      error << "training needs a " << what;
    else
      error << "unknown " << what << " '" << name << "'";
    error << ", expected ";
    llvm::interleaveComma(known, error);
    error << suggestName(name, known);
    return false;
  }

  LogicalResult readChoices() {
    check("loss", options.loss, losses);
    for (const std::string &metric : options.metrics)
      check("metric", metric, metricNames);
    SmallVector<StringRef> names;
    for (const Optimizer &one : optimizers) {
      names.push_back(one.name);
      if (options.optimizer == one.name)
        recipe.optimizer = &one;
    }
    check("optimizer", options.optimizer, names);
    if (!options.target.empty())
      check("target", options.target, {"i64", "i32", "dense"});
    auto find = [&](StringRef what, StringRef name, auto symbolize,
                    auto stringify, unsigned count) {
      SmallVector<StringRef> known;
      for (unsigned i = 0; i < count; ++i)
        known.push_back(
            stringify(typename decltype(symbolize(name))::value_type(i)));
      check(what, name, known);
      return symbolize(name);
    };
    auto initializer = find(
        "initializer", options.initializer,
        [](StringRef name) { return symbolizeInitializerKind(name); },
        [](InitializerKind kind) { return stringifyInitializerKind(kind); },
        getMaxEnumValForInitializerKind() + 1);
    auto schedule = find(
        "schedule", options.schedule,
        [](StringRef name) { return symbolizeScheduleKind(name); },
        [](ScheduleKind kind) { return stringifyScheduleKind(kind); },
        getMaxEnumValForScheduleKind() + 1);
    recipe.initializer = initializer.value_or(InitializerKind());
    recipe.schedule = schedule.value_or(ScheduleKind());
    for (auto [name, value] :
         {std::pair<StringRef, double>("clip-norm", options.clipNorm),
          {"clip-value", options.clipValue},
          {"rate", std::isnan(options.rate) ? 0 : options.rate}})
      if (!(value >= 0) || std::isinf(value))
        fail() << name << " " << value << ", expected 0 or more";
    if (!(options.averaging >= 0 && options.averaging <= 1))
      fail() << "averaging " << options.averaging << ", expected 0 to 1";
    if (!(options.smoothing >= 0 && options.smoothing < 1))
      fail() << "smoothing " << options.smoothing
             << ", expected 0 to less than 1";
    return failure(isWrong);
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
    recipe.function.walk([&](BatchNormOp op) {
      if (hasAverages(op)) {
        recipe.averages.insert(globalOf(op.getMean()));
        recipe.averages.insert(globalOf(op.getVariance()));
      }
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
