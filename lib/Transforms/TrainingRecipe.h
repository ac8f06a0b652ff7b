//===- TrainingRecipe.h - What a training step is made of -------*- C++ -*-===//

#ifndef DLC_LIB_TRANSFORMS_TRAININGRECIPE_H
#define DLC_LIB_TRANSFORMS_TRAININGRECIPE_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/ADT/SetVector.h"

namespace dlc {

/// An optimiser's states for each parameter, and the usual numbers of it.
struct Optimizer {
  llvm::StringRef name;
  llvm::SmallVector<llvm::StringRef> states;
  double rate, epsilon;
};

/// The options of AddTraining as what they name in a module.
struct TrainingRecipe {
  mlir::func::FuncOp function;
  const Optimizer *optimizer = nullptr;
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

/// Whether the statistics of a batch_norm are globals: running averages.
bool hasAverages(dl::BatchNormOp op);

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_TRAININGRECIPE_H
