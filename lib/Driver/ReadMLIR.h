//===- ReadMLIR.h - Reads untrusted MLIR text -------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_READMLIR_H
#define DLC_LIB_DRIVER_READMLIR_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace dlc {

/// The maximum nesting depth of brackets of all kinds: MLIR's parser and the
/// passes after it are recursive.
inline constexpr unsigned maxNesting = 128;
/// The maximum length of one affine map in characters: its parser and
/// simplifier are recursive.
inline constexpr unsigned maxMapText = 4096;
/// The maximum total size in bytes of all splat values of a model, whose
/// elements the text does not write out.
inline constexpr int64_t maxClaimedBytes = int64_t(1) << 31;
/// The maximum number of ops in a function after inlining all its calls.
inline constexpr uint64_t maxInlinedOps = 100000;

/// Parses the one buffer of `sources`. Unless native code is allowed, rejects
/// every op, type and attribute that is not known to be safe. Reports all
/// errors of a kind; returns null where there are any.
mlir::OwningOpRef<mlir::ModuleOp> readMLIR(llvm::SourceMgr &sources,
                                           bool allowNativeCode,
                                           mlir::MLIRContext &context);

/// Rejects text that would crash the parser: nested too deep, or with lists
/// whose elements have unexpected kinds.
llvm::LogicalResult checkText(llvm::SourceMgr &sources, bool allowNativeCode,
                              mlir::MLIRContext &context);

/// Rejects values that do not have the type of their global, and large values
/// described by little text.
llvm::LogicalResult checkValues(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_LIB_DRIVER_READMLIR_H
