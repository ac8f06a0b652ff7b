//===- Training.h - What a training step is made of -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of `dlc --train` are the options of the pass dl-add-training: one
// table lists them.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TRANSFORMS_TRAINING_H
#define DLC_TRANSFORMS_TRAINING_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <limits>
#include <memory>
#include <string>
#include <variant>

namespace llvm {
class raw_ostream;
} // namespace llvm
namespace mlir {
class Pass;
} // namespace mlir

namespace dlc {

/// The values of the words, each with its default.
struct AddTrainingOptions {
  /// The optimiser's own.
  static constexpr double usual = std::numeric_limits<double>::quiet_NaN();
  static constexpr int64_t unknownAxis = std::numeric_limits<int64_t>::min();

  std::string function, loss, target = "i64";
  int64_t axis = unknownAxis;
  double smoothing = 0;
  llvm::SmallVector<std::string> metrics;
  std::string optimizer = "sgd";
  double rate = usual;
  double momentum = 0.9, beta1 = 0.9, beta2 = 0.999, rho = 0.9;
  double epsilon = usual, weightDecay = usual;
  std::string schedule = "constant";
  double decay = 0.1;
  int64_t steps = 1000, warmup = 0;
  double clipNorm = 0, clipValue = 0;
  std::string initializer = "glorot_uniform";
  double averaging = 0.9;
  llvm::SmallVector<std::string> frozen;
};

/// One word.
struct TrainingWord {
  using Place =
      std::variant<std::string AddTrainingOptions::*,
                   double AddTrainingOptions::*, int64_t AddTrainingOptions::*,
                   llvm::SmallVector<std::string> AddTrainingOptions::*>;
  /// What a number has to be; the ops that it becomes part of refuse more.
  enum class Range { Any, NotNegative, Share, LessThanOne };

  llvm::StringLiteral name;
  Place place;
  llvm::StringLiteral help;
  /// The default, where its value does not tell.
  llvm::StringLiteral usual = "";
  Range range = Range::Any;
  /// The names that the word takes; null: any value of its type.
  llvm::SmallVector<llvm::StringRef> (*names)() = nullptr;
};

llvm::ArrayRef<TrainingWord> trainingWords();

/// The word of this name; null where there is none.
const TrainingWord *findTrainingWord(llvm::StringRef name);

/// A word's help, with the names that it takes.
std::string helpOf(const TrainingWord &word);

/// `0 or more`
llvm::StringRef describeRange(TrainingWord::Range range);

/// Prints the words, the losses and the optimisers as tables of Markdown.
void printTrainingWords(llvm::raw_ostream &os);

std::unique_ptr<mlir::Pass>
createAddTraining(const AddTrainingOptions &options);

} // namespace dlc

#endif // DLC_TRANSFORMS_TRAINING_H
