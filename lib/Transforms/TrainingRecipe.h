//===- TrainingRecipe.h - What a training step is made of -------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_TRANSFORMS_TRAININGRECIPE_H
#define DLC_LIB_TRANSFORMS_TRAININGRECIPE_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Training.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/ADT/SetVector.h"

namespace dlc {

/// What a loss is taken of: the result, or what comes before the function that
/// makes probabilities of it, where the model ends with one.
enum class Scores { Result, Logistic, Classes };

struct Loss {
  llvm::StringLiteral name, op;
  Scores scores;
  /// Whether targets may be numbers of classes.
  bool takesNumbers;
  mlir::Value (*build)(mlir::OpBuilder &, mlir::Location, mlir::Value scores,
                       mlir::Value target, const AddTrainingOptions &);
};

struct Metric {
  llvm::StringLiteral name;
  /// Whether it compares classes, as the loss does; others are of the result.
  bool isOfClasses;
  mlir::Value (*build)(mlir::OpBuilder &, mlir::Location, mlir::Value,
                       mlir::Value target);
};

/// One parameter's step: values, and numbers that are settled.
struct ParameterStep {
  mlir::Value parameter, gradient;
  llvm::ArrayRef<mlir::Value> states;
  mlir::Value rate, count;
  llvm::APFloat epsilon, decay;
  const AddTrainingOptions &options;
};

/// An optimiser's states for each parameter, its usual numbers, and the words
/// that it goes by.
struct Optimizer {
  llvm::StringLiteral name;
  llvm::ArrayRef<llvm::StringLiteral> states;
  double rate, epsilon, decay;
  llvm::ArrayRef<llvm::StringLiteral> words;
  /// Gives the new parameter and the new states, in order.
  mlir::Operation *(*build)(mlir::OpBuilder &, mlir::Location,
                            const ParameterStep &);
};

llvm::ArrayRef<Loss> lossTable();
llvm::ArrayRef<Metric> metricTable();
llvm::ArrayRef<Optimizer> optimizerTable();

/// The row of this name; null where there is none.
template <typename Row>
const Row *findRow(llvm::ArrayRef<Row> table, llvm::StringRef name) {
  const Row *row = llvm::find_if(
      table, [&](const Row &candidate) { return candidate.name == name; });
  return row == table.end() ? nullptr : row;
}

/// The options of AddTraining as what they name in a module.
struct TrainingRecipe {
  mlir::func::FuncOp function;
  const Loss *loss = nullptr;
  const Optimizer *optimizer = nullptr;
  llvm::SmallVector<const Metric *> metrics;
  dl::InitializerKind initializer = {};
  dl::ScheduleKind schedule = {};
  llvm::SmallVector<mlir::ml_program::GlobalOp> parameters;
  /// Running statistics that are not frozen.
  llvm::SetVector<llvm::StringRef> averages;
};

/// Reports all that is wrong with the options at once.
llvm::FailureOr<TrainingRecipe> readRecipe(mlir::ModuleOp module,
                                           const AddTrainingOptions &options);

/// The constant global that a value is read from; "" where there is none.
llvm::StringRef globalOf(mlir::Value value);

/// The globals that hold an op's running averages; none where one of them is no
/// global.
llvm::SmallVector<llvm::StringRef> averagesOf(dl::TrainingFormOpInterface op);

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_TRAININGRECIPE_H
