//===- Training.h - What --train asks for -----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_TRAINING_H
#define DLC_LIB_DRIVER_TRAINING_H

#include "dlc/Transforms/Training.h"
#include "llvm/Support/Error.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {

/// Reads `key=value` words, as `dlc --train` takes them, into the options of
/// AddTraining. The error tells all that is wrong with them.
llvm::Expected<AddTrainingOptions>
parseTraining(llvm::ArrayRef<std::string> words);

/// What --recompute asks for: every how many steps states are kept alone, or
/// how many bytes may be kept; 0: no such wish.
struct Recomputation {
  int64_t steps = 0, bytes = 0;
};

/// Reads `k`, a number of steps, or a size such as `64MiB`; empty: no wish.
llvm::Expected<Recomputation> parseRecomputation(llvm::StringRef text);

/// Replaces values of a model's constant globals by the tensors of the same
/// name in a safetensors file, such as a training library saves. Others in the
/// file are passed over; none of a name, or one of another shape or type, is an
/// error.
llvm::Error readParameters(mlir::ModuleOp module, llvm::StringRef path);

} // namespace dlc

#endif // DLC_LIB_DRIVER_TRAINING_H
