//===- Scalar.h - Scalar expressions as C++ operators -----------*- C++ -*-===//
//
// The small language in which element-wise ops state what they compute, so that
// the formula in a .td file reads as one:
//
//   1.0 / (1.0 + exp(-x))
//
// Each operator appends one `arith` or `math` op. A C++ number takes the type
// of the scalar that it meets.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_SCALAR_H
#define DLC_DIALECT_DL_IR_SCALAR_H

#include "mlir/IR/Builders.h"

namespace dlc::dl::scalar {

class Scalar {
public:
  Scalar(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value)
      : builder(&builder), loc(loc), value(value) {}

  operator mlir::Value() const { return value; }
  mlir::Type type() const { return value.getType(); }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(type()); }

  /// A number of this scalar's type.
  Scalar constant(double number) const;
  Scalar with(mlir::Value other) const { return {*builder, loc, other}; }

  /// Comparisons; with NaN all are false but `ne`.
  Scalar eq(Scalar b) const;
  Scalar ne(Scalar b) const;
  Scalar lt(Scalar b) const;
  Scalar le(Scalar b) const;
  Scalar gt(Scalar b) const;
  Scalar ge(Scalar b) const;
  Scalar eq(double b) const { return eq(constant(b)); }
  Scalar ne(double b) const { return ne(constant(b)); }
  Scalar lt(double b) const { return lt(constant(b)); }
  Scalar le(double b) const { return le(constant(b)); }
  Scalar gt(double b) const { return gt(constant(b)); }
  Scalar ge(double b) const { return ge(constant(b)); }

  /// This value in another element type (see `dl.cast`).
  Scalar to(mlir::Type type) const;

  mlir::OpBuilder *builder;
  mlir::Location loc;
  mlir::Value value;
};

Scalar operator+(Scalar a, Scalar b);
Scalar operator-(Scalar a, Scalar b);
Scalar operator*(Scalar a, Scalar b);
Scalar operator/(Scalar a, Scalar b);
Scalar operator-(Scalar x);
Scalar operator&(Scalar a, Scalar b);
Scalar operator|(Scalar a, Scalar b);
Scalar operator^(Scalar a, Scalar b);
Scalar operator!(Scalar x);
Scalar max(Scalar a, Scalar b);
Scalar min(Scalar a, Scalar b);
Scalar pow(Scalar a, Scalar b);
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
/// To the nearest integer, ties to even.
Scalar round(Scalar x);
Scalar select(Scalar condition, Scalar a, Scalar b);

#define DLC_MIXED(NAME)                                                        \
  inline Scalar NAME(double a, Scalar b) { return NAME(b.constant(a), b); }    \
  inline Scalar NAME(Scalar a, double b) { return NAME(a, a.constant(b)); }
DLC_MIXED(operator+)
DLC_MIXED(operator-)
DLC_MIXED(operator*)
DLC_MIXED(operator/)
DLC_MIXED(max)
DLC_MIXED(min)
#undef DLC_MIXED

} // namespace dlc::dl::scalar

#endif // DLC_DIALECT_DL_IR_SCALAR_H
