//===- TrainingWords.cpp - Words, losses, metrics, optimisers -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing, help, documentation and the pass follow from these tables.
//
//===----------------------------------------------------------------------===//

#include "TrainingRecipe.h"
#include "dlc/Support/Format.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// Losses and metrics
//===----------------------------------------------------------------------===//

template <typename OpT>
static Value buildLoss(OpBuilder &b, Location loc, Value scores, Value target,
                       const AddTrainingOptions &) {
  return OpT::create(b, loc, scores, target);
}

static Value buildCrossEntropy(OpBuilder &b, Location loc, Value scores,
                               Value target,
                               const AddTrainingOptions &options) {
  return CrossEntropyOp::create(b, loc, scores, target,
                                APFloat(options.smoothing));
}

ArrayRef<Loss> dlc::lossTable() {
  static constexpr Loss table[] = {
      {"mse", "mean_squared_error", Scores::Result, false,
       buildLoss<MeanSquaredErrorOp>},
      {"mae", "mean_absolute_error", Scores::Result, false,
       buildLoss<MeanAbsoluteErrorOp>},
      {"cross_entropy", "cross_entropy", Scores::Classes, true,
       buildCrossEntropy},
      {"binary_cross_entropy", "binary_cross_entropy", Scores::Logistic, false,
       buildLoss<BinaryCrossEntropyOp>},
      {"hinge", "hinge", Scores::Result, false, buildLoss<HingeOp>},
      {"perceptron", "perceptron_criterion", Scores::Result, false,
       buildLoss<PerceptronCriterionOp>},
      {"kl", "kl_divergence", Scores::Classes, false,
       buildLoss<KlDivergenceOp>},
  };
  return table;
}

template <typename OpT>
static Value buildMetric(OpBuilder &b, Location loc, Value y, Value target) {
  return OpT::create(b, loc, y, target);
}

ArrayRef<Metric> dlc::metricTable() {
  static constexpr Metric table[] = {
      {"accuracy", true, buildMetric<AccuracyOp>},
      {"mae", false, buildMetric<MeanAbsoluteErrorOp>},
      {"mse", false, buildMetric<MeanSquaredErrorOp>},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// Optimisers
//===----------------------------------------------------------------------===//

static Operation *buildSgd(OpBuilder &b, Location loc, const ParameterStep &s) {
  return SgdOp::create(b, loc, s.parameter, s.gradient, s.rate, s.decay);
}

template <bool isNesterov>
static Operation *buildMomentum(OpBuilder &b, Location loc,
                                const ParameterStep &s) {
  return MomentumOp::create(b, loc, s.parameter, s.gradient, s.states[0],
                            s.rate, APFloat(s.options.momentum), isNesterov,
                            s.decay);
}

template <bool isDecoupled>
static Operation *buildAdam(OpBuilder &b, Location loc,
                            const ParameterStep &s) {
  return AdamOp::create(b, loc, s.parameter, s.gradient, s.states[0],
                        s.states[1], s.count, s.rate, APFloat(s.options.beta1),
                        APFloat(s.options.beta2), s.epsilon, isDecoupled,
                        s.decay);
}

static Operation *buildRmsprop(OpBuilder &b, Location loc,
                               const ParameterStep &s) {
  return RmspropOp::create(b, loc, s.parameter, s.gradient, s.states[0], s.rate,
                           APFloat(s.options.rho), s.epsilon, s.decay);
}

static Operation *buildAdagrad(OpBuilder &b, Location loc,
                               const ParameterStep &s) {
  return AdagradOp::create(b, loc, s.parameter, s.gradient, s.states[0], s.rate,
                           s.epsilon, s.decay);
}

ArrayRef<Optimizer> dlc::optimizerTable() {
  static constexpr StringLiteral velocity[] = {"velocity"},
                                 moments[] = {"m", "v"},
                                 meanSquare[] = {"mean_square"},
                                 sumSquare[] = {"sum_square"};
  static constexpr StringLiteral ofMomentum[] = {"momentum"},
                                 ofAdam[] = {"beta1", "beta2", "epsilon"},
                                 ofRmsprop[] = {"rho", "epsilon"},
                                 ofAdagrad[] = {"epsilon"};
  static const Optimizer table[] = {
      {"sgd", {}, 0.01, 0, 0, {}, buildSgd},
      {"momentum", velocity, 0.01, 0, 0, ofMomentum, buildMomentum<false>},
      {"nesterov", velocity, 0.01, 0, 0, ofMomentum, buildMomentum<true>},
      {"adam", moments, 0.001, 1e-8, 0, ofAdam, buildAdam<false>},
      {"adamw", moments, 0.001, 1e-8, 0.01, ofAdam, buildAdam<true>},
      {"rmsprop", meanSquare, 0.001, 1e-8, 0, ofRmsprop, buildRmsprop},
      {"adagrad", sumSquare, 0.01, 1e-10, 0, ofAdagrad, buildAdagrad},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

template <auto table> static SmallVector<StringRef> namesOf() {
  return llvm::map_to_vector(
      table(), [](const auto &row) -> StringRef { return row.name; });
}

/// The cases of an enumeration of dl, which are numbered from 0.
template <typename EnumT, StringRef (*stringify)(EnumT), unsigned (*last)()>
static SmallVector<StringRef> casesOf() {
  SmallVector<StringRef> names;
  for (unsigned i = 0; i <= last(); ++i)
    names.push_back(stringify(EnumT(i)));
  return names;
}

static SmallVector<StringRef> targetNames() { return {"i64", "i32", "dense"}; }

ArrayRef<TrainingWord> dlc::trainingWords() {
  using Options = AddTrainingOptions;
  using Range = TrainingWord::Range;
  constexpr auto initializers =
      casesOf<InitializerKind, stringifyInitializerKind,
              getMaxEnumValForInitializerKind>;
  constexpr auto schedules = casesOf<ScheduleKind, stringifyScheduleKind,
                                     getMaxEnumValForScheduleKind>;
  static const TrainingWord table[] = {
      {"loss", &Options::loss, "the loss to minimise", "none: it is required",
       Range::Any, namesOf<lossTable>},
      {"metrics", &Options::metrics,
       "metrics to compute beside the loss, separated by commas", "none",
       Range::Any, namesOf<metricTable>},
      {"target", &Options::target,
       "targets of a cross entropy: class indices of this type, or `dense` for "
       "distributions",
       "", Range::Any, targetNames},
      {"axis", &Options::axis,
       "dimension of the result that holds the classes of `cross_entropy` and "
       "`kl`",
       "that of the softmax, or else the last"},
      {"smoothing", &Options::smoothing, "label smoothing of a cross entropy",
       "", Range::LessThanOne},
      {"optimizer", &Options::optimizer, "rule by which parameters are updated",
       "", Range::Any, namesOf<optimizerTable>},
      {"rate", &Options::rate, "learning rate", "the optimiser's",
       Range::NotNegative},
      {"momentum", &Options::momentum,
       "share of the old velocity in the new one"},
      {"beta1", &Options::beta1,
       "share of the old mean of gradients in the new one"},
      {"beta2", &Options::beta2,
       "share of the old mean of squared gradients in the new one"},
      {"rho", &Options::rho, "the same as `beta2`, for `rmsprop`"},
      {"epsilon", &Options::epsilon, "added to the divisor of a step",
       "the optimiser's"},
      {"weight-decay", &Options::weightDecay,
       "times the parameter it is added to the gradient; `adamw` subtracts it, "
       "times the parameter and the rate, from the parameter instead",
       "the optimiser's"},
      {"schedule", &Options::schedule, "how the rate changes", "", Range::Any,
       schedules},
      {"decay", &Options::decay, "factor of the schedule"},
      {"steps", &Options::steps, "length or period of the schedule"},
      {"warmup", &Options::warmup,
       "number of first steps in which the rate grows"},
      {"clip-norm", &Options::clipNorm,
       "limit of the norm of all gradients together", "none",
       Range::NotNegative},
      {"clip-value", &Options::clipValue,
       "limit of each element of the gradients", "none", Range::NotNegative},
      {"initializer", &Options::initializer, "how weights are initialised", "",
       Range::Any, initializers},
      {"averaging", &Options::averaging,
       "share of the old value in running averages of batch normalisation", "",
       Range::Share},
      {"frozen", &Options::frozen,
       "patterns of names, separated by commas: these parameters stay constant "
       "and get neither gradient nor state",
       "none"},
      {"function", &Options::function, "the function to train",
       "the only public function"},
  };
  return table;
}

const TrainingWord *dlc::findTrainingWord(StringRef name) {
  return findRow(trainingWords(), name);
}

//===----------------------------------------------------------------------===//
// Documentation
//===----------------------------------------------------------------------===//

/// `a`, `b`
static std::string code(ArrayRef<StringRef> names) {
  std::string text;
  for (StringRef name : names)
    fmt::format_to(std::back_inserter(text), FMT_STRING("{}`{}`"),
                   text.empty() ? "" : ", ", name);
  return text;
}

std::string dlc::helpOf(const TrainingWord &word) {
  if (!word.names)
    return word.help.str();
  return fmt::format(FMT_STRING("{}: {}"), word.help,
                     llvm::join(word.names(), ", "));
}

StringRef dlc::describeRange(TrainingWord::Range range) {
  switch (range) {
  case TrainingWord::Range::Any:
    return "a number";
  case TrainingWord::Range::NotNegative:
    return "0 or more";
  case TrainingWord::Range::Share:
    return "0 to 1";
  case TrainingWord::Range::LessThanOne:
    return "0 to less than 1";
  }
  llvm_unreachable("unknown range");
}

namespace {
/// A word's values and its default, by its type.
struct Description {
  std::string values, usual;

  explicit Description(const TrainingWord &word) {
    std::visit([&](auto place) { describe(word, AddTrainingOptions().*place); },
               word.place);
    if (word.names)
      values = code(word.names());
    if (!word.usual.empty())
      usual = word.usual.str();
  }

  void describe(const TrainingWord &, const std::string &value) {
    values = "a name";
    usual = code({value});
  }
  void describe(const TrainingWord &word, double value) {
    values = describeRange(word.range).str();
    usual = fmt::format(FMT_STRING("{}"), value);
  }
  void describe(const TrainingWord &, int64_t value) {
    values = "a whole number";
    usual = fmt::format(FMT_STRING("{}"), value);
  }
  void describe(const TrainingWord &, const SmallVector<std::string> &) {
    values = "names";
  }
};
} // namespace

static StringRef describeScores(Scores scores) {
  switch (scores) {
  case Scores::Result:
    return "the result";
  case Scores::Logistic:
    return "logits of a logistic function";
  case Scores::Classes:
    return "logits of a softmax";
  }
  llvm_unreachable("unknown scores");
}

void dlc::printTrainingWords(llvm::raw_ostream &os) {
  os << "| word | what | values | default |\n|---|---|---|---|\n";
  for (const TrainingWord &word : trainingWords()) {
    Description description(word);
    print(os, FMT_STRING("| `{}` | {} | {} | {} |\n"), word.name, word.help,
          description.values, description.usual);
  }
  os << "\n| loss | op | computed from |\n|---|---|---|\n";
  for (const Loss &loss : lossTable())
    print(os, FMT_STRING("| `{}` | `dl.{}` | {} |\n"), loss.name, loss.op,
          describeScores(loss.scores));
  os << "\n| optimizer | state of each parameter | uses | rate | epsilon | "
        "weight-decay |\n|---|---|---|---|---|---|\n";
  for (const Optimizer &optimizer : optimizerTable())
    print(os, FMT_STRING("| `{}` | {} | {} | {} | {} | {} |\n"), optimizer.name,
          code(llvm::to_vector_of<StringRef>(optimizer.states)),
          code(llvm::to_vector_of<StringRef>(optimizer.words)), optimizer.rate,
          optimizer.epsilon ? fmt::format(FMT_STRING("{}"), optimizer.epsilon)
                            : "",
          optimizer.decay);
}
