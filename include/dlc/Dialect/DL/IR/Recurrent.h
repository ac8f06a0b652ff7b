//===- Recurrent.h - What recurrent layers share ----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_RECURRENT_H
#define DLC_DIALECT_DL_IR_RECURRENT_H

#include "mlir/IR/MLIRContext.h"
#include <optional>

namespace dlc::dl {

/// The number of parameters (alpha, beta) of an activation of a recurrent
/// layer; nullopt if there is no such activation.
std::optional<unsigned> countParameters(mlir::MLIRContext *context,
                                        llvm::StringRef name);

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_RECURRENT_H
