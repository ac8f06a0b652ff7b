//===- Scalar.h - Scalar expressions as C++ operators -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The small language in which element-wise ops state what they compute, so that
// the formula in a .td file reads like one:
//
//   1.0 / (1.0 + exp(-x))
//
// Each operator of Expression.h and each function below appends one `arith` or
// `math` op.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_SCALAR_H
#define DLC_DIALECT_DL_IR_SCALAR_H

#include "dlc/Support/Expression.h"
#include "mlir/IR/Builders.h"

namespace dlc::dl::scalar {

class Scalar : public Expression<Scalar> {
public:
  Scalar(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
         bool isUnsigned = false)
      : builder(&builder), loc(loc), value(value), isUnsigned(isUnsigned) {}

  operator mlir::Value() const { return value; }
  mlir::Type type() const { return value.getType(); }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(type()); }

  /// What Expression is made of: a number of this scalar's type, and the ops.
  /// A division of integers never traps: by zero it gives 0, and the one that
  /// overflows wraps.
  Scalar constant(double number) const;
  static Scalar apply(UnaryOperator op, Scalar x);
  static Scalar apply(BinaryOperator op, Scalar a, Scalar b);
  Scalar with(mlir::Value other) const {
    return {*builder, loc, other, isUnsigned};
  }

  /// Converts to another stored type. As in the lowering, integers are signed.
  Scalar to(mlir::Type type) const;
  /// Converts to the type in which elements of `element` are computed, rounded
  /// or clamped as `dl.cast` specifies. Floats that do not fit 8 or 4 bits
  /// become the largest number, or infinity or NaN if `saturate` is false.
  Scalar cast(mlir::Type element, bool saturate = true) const;
  /// Converts to the stored type of `element`: integers wrap, floats are
  /// rounded.
  Scalar store(mlir::Type element) const;

  mlir::OpBuilder *builder;
  mlir::Location loc;
  mlir::Value value;
  /// Whether this is an unsigned number of 64 bits.
  bool isUnsigned;
};

/// The type in which an element type of dl is stored from the lowering on. It
/// is the type itself, except for a byte for f8E8M0FNU and everything below a
/// byte, and signless integers for unsigned ones.
mlir::Type storedType(mlir::Type element);
/// The type in which it is computed: f32 for narrow floats, i32 for integers of
/// up to 16 bits, i64 for ui32 and ui64.
mlir::Type computedType(mlir::Type element);
/// Whether an op converts elements to the computed type before all else:
/// integers of fewer than 32 bits and unsigned ones, and floats of at most 8
/// bits.
bool isNarrow(mlir::Type element);
/// Converts a stored value to its computed type.
Scalar load(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value stored,
            mlir::Type element);

Scalar abs(Scalar x);
Scalar exp(Scalar x);
Scalar expm1(Scalar x);
Scalar log(Scalar x);
Scalar log1p(Scalar x);
Scalar sqrt(Scalar x);
Scalar sin(Scalar x);
Scalar cos(Scalar x);
Scalar tanh(Scalar x);
Scalar erf(Scalar x);
Scalar floor(Scalar x);
Scalar ceil(Scalar x);
/// Rounds to the nearest integer, ties to even.
Scalar round(Scalar x);
/// The remainder with the sign of the dividend, as in C; 0 for division by 0.
Scalar remainder(Scalar a, Scalar b);
/// Shifts integers of the given width; a shift by the width or more gives 0.
Scalar shiftLeft(Scalar a, Scalar b, unsigned width);
Scalar shiftRight(Scalar a, Scalar b, unsigned width);
Scalar tan(Scalar x);
Scalar asin(Scalar x);
Scalar acos(Scalar x);
Scalar atan(Scalar x);
Scalar sinh(Scalar x);
Scalar cosh(Scalar x);
Scalar asinh(Scalar x);
Scalar acosh(Scalar x);
Scalar atanh(Scalar x);
/// Converts a float to an integer: rounds towards zero, clamps to the range,
/// and maps NaN to 0.
Scalar toInteger(Scalar x, unsigned bits, bool isSigned);
Scalar select(Scalar condition, Scalar a, Scalar b);

} // namespace dlc::dl::scalar

#endif // DLC_DIALECT_DL_IR_SCALAR_H
