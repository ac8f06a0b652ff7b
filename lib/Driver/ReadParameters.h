//===- ReadParameters.h - Trained weights of a file -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_READPARAMETERS_H
#define DLC_LIB_DRIVER_READPARAMETERS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// Replaces values of a model's constant globals by the tensors of the same
/// name in a safetensors file, such as one saved by a training library. Other
/// tensors in the file are ignored. A tensor of another shape or type is an
/// error, as is a file without any of the names. A global that the file lacks
/// keeps its value, with a warning; if that value is all zeros, a placeholder,
/// it is an error.
llvm::Error readParameters(mlir::ModuleOp module, llvm::StringRef path);

} // namespace dlc

#endif // DLC_LIB_DRIVER_READPARAMETERS_H
