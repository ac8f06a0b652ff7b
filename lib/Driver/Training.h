//===- Training.h - The options of --train ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_TRAINING_H
#define DLC_LIB_DRIVER_TRAINING_H

#include "dlc/Transforms/Training.h"
#include "llvm/Support/Error.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {

/// Parses `key=value` words, the arguments of `dlc --train`, into the options
/// of AddTraining. The error lists everything that is wrong.
llvm::Expected<AddTrainingOptions>
parseTraining(llvm::ArrayRef<std::string> words);

/// The value of --recompute: the interval in steps at which only the states are
/// kept, or the number of bytes that may be kept; 0: not set.
struct Recomputation {
  int64_t steps = 0, bytes = 0;
};

/// Parses `k`, a number of steps, or a size such as `64MiB`; empty: not set.
llvm::Expected<Recomputation> parseRecomputation(llvm::StringRef text);

/// Replaces values of a model's constant globals by the tensors of the same
/// name in a safetensors file, such as one saved by a training library. Other
/// tensors in the file are ignored. A tensor of another shape or type is an
/// error, as is a file without any of the names. A global that the file lacks
/// keeps its value, with a warning; if that value is all zeros, a placeholder,
/// it is an error.
llvm::Error readParameters(mlir::ModuleOp module, llvm::StringRef path);

} // namespace dlc

#endif // DLC_LIB_DRIVER_TRAINING_H
