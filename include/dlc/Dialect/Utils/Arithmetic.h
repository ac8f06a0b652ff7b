//===- Arithmetic.h - Operators as ops of arith and math --------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_UTILS_ARITHMETIC_H
#define DLC_DIALECT_UTILS_ARITHMETIC_H

#include "dlc/Support/Expression.h"
#include "mlir/IR/Builders.h"

namespace dlc {

/// The op of an operator between numbers or vectors of one type, floats or
/// integers. Integers are signed where `isUnsigned` does not say otherwise; a
/// division of them is undefined where its quotient is.
mlir::Value buildOperator(mlir::OpBuilder &b, mlir::Location loc,
                          BinaryOperator op, mlir::Value x, mlir::Value y,
                          bool isUnsigned = false);
mlir::Value buildOperator(mlir::OpBuilder &b, mlir::Location loc,
                          UnaryOperator op, mlir::Value x);

/// A number in each element of `type`: a float, an integer, or a vector or
/// tensor of these.
mlir::Value buildConstant(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Type type, double number);
mlir::Value buildConstant(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Type type, int64_t number);

} // namespace dlc

#endif // DLC_DIALECT_UTILS_ARITHMETIC_H
