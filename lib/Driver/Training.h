//===- Training.h - What --train asks for -----------------------*- C++ -*-===//

#ifndef DLC_LIB_DRIVER_TRAINING_H
#define DLC_LIB_DRIVER_TRAINING_H

#include "dlc/Transforms/Transforms.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// Reads `key=value` words, as `dlc --train` takes them, into the options of
/// AddTraining. The error tells all that is wrong with them.
llvm::Expected<AddTrainingOptions>
parseTraining(llvm::ArrayRef<std::string> words);

/// Replaces values of a model's constant globals by the tensors of the same
/// name in a safetensors file, such as a training library saves. Others in the
/// file are passed over; none of a name, or one of another shape or type, is an
/// error.
llvm::Error readParameters(mlir::ModuleOp module, llvm::StringRef path);

} // namespace dlc

#endif // DLC_LIB_DRIVER_TRAINING_H
