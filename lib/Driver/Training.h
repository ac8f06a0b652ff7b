//===- Training.h - The options of --train ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_TRAINING_H
#define DLC_LIB_DRIVER_TRAINING_H

#include "dlc/Transforms/Training.h"
#include "llvm/Support/Error.h"

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

} // namespace dlc

#endif // DLC_LIB_DRIVER_TRAINING_H
