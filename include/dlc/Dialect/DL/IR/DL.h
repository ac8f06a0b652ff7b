//===- DL.h - The dl dialect ------------------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DL_H
#define DLC_DIALECT_DL_IR_DL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dlc/Dialect/DL/IR/Inference.h"

#include "dlc/Dialect/DL/IR/DLDialect.h.inc"
#include "dlc/Dialect/DL/IR/DLEnums.h.inc"
#include "dlc/Dialect/DL/IR/DLInterfaces.h.inc"

namespace dlc::dl {
/// Discardable attributes, which the dialect verifies. On an argument or a
/// result of a function: its name (a string).
inline constexpr llvm::StringLiteral nameAttr = "dl.name";
/// On an argument: the names of its extents (strings, one a dimension).
inline constexpr llvm::StringLiteral dimsAttr = "dl.dims";
/// On a constant: its name as a parameter (a string).
inline constexpr llvm::StringLiteral parameterAttr = "dl.parameter";

/// Decomposes an op, with values cast to the types of its results.
llvm::SmallVector<mlir::Value> decompose(DecomposableOpInterface op,
                                         mlir::OpBuilder &b);

/// See DL_NotDifferentiable in DLInterfaces.td.
template <typename OpT>
struct NotDifferentiable
    : public mlir::OpTrait::TraitBase<OpT, NotDifferentiable> {};

/// See DL_BoundedTensors in DLInterfaces.td.
template <typename OpT>
struct BoundedTensors : public mlir::OpTrait::TraitBase<OpT, BoundedTensors> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return checkBounds(op);
  }
};
} // namespace dlc::dl

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLOps.h.inc"

#endif // DLC_DIALECT_DL_IR_DL_H
