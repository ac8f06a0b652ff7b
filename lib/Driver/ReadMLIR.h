//===- ReadMLIR.h - A model's text, read with distrust ----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_READMLIR_H
#define DLC_LIB_DRIVER_READMLIR_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace dlc {

/// Brackets of all kinds may stand this deep within each other: the parser of
/// MLIR and the passes behind it recurse.
inline constexpr unsigned maxNesting = 128;
/// The characters of one affine map, whose parser and simplifier recurse too.
inline constexpr unsigned maxMapText = 4096;
/// The bytes that all values written as one number, or elements of a few, stand
/// for.
inline constexpr int64_t maxClaimedBytes = int64_t(1) << 31;
/// The ops of a function when all that it calls has been written out in it.
inline constexpr uint64_t maxInlinedOps = 100000;

/// Parses the one buffer of `sources`. Unless native code is allowed refuses
/// every op, type and attribute that is not known to be safe. Reports all
/// problems of a kind; null where there are any.
mlir::OwningOpRef<mlir::ModuleOp> readMLIR(llvm::SourceMgr &sources,
                                           bool allowNativeCode,
                                           mlir::MLIRContext &context);

/// Refuses text that would crash its parser: nested too deep, or with lists of
/// other things than it takes for granted.
llvm::LogicalResult checkText(llvm::SourceMgr &sources, bool allowNativeCode,
                              mlir::MLIRContext &context);

/// Refuses ops, types and attributes that are not known to be safe, and
/// functions without a body.
llvm::LogicalResult checkAllowed(mlir::ModuleOp module);

/// Refuses values that do not have the type of their global, and those that a
/// few bytes of text make large.
llvm::LogicalResult checkValues(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_READMLIR_H
