//===- MathExpr.h - Formulas on floats and vectors --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MATH_MATHEXPR_H
#define DLC_CODEGEN_MATH_MATHEXPR_H

#include "dlc/Dialect/Utils/Arithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace dlc {

/// Expressions for formulas at code generation: on scalars or whole vectors of
/// f32, f64, integers or i1, and on the bits of other floats. In contrast,
/// scalar::Scalar of the dialect is for the bodies of layers, on one element of
/// any type of a model.
class MathExpr : public Expression<MathExpr> {
public:
  MathExpr(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value)
      : b(&b), loc(loc), value(value) {}
  operator mlir::Value() const { return value; }
  mlir::Type type() const { return value.getType(); }

  /// Returns this value's type with another element type.
  mlir::Type with(mlir::Type element) const {
    if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(type()))
      return shaped.clone(element);
    return element;
  }
  /// Operations that Expression requires.
  MathExpr constant(double number) const {
    return of(buildConstant(*b, loc, type(), number));
  }
  MathExpr constant(int64_t number) const {
    return of(buildConstant(*b, loc, type(), number));
  }
  template <typename Number>
  std::enable_if_t<std::is_integral_v<Number>, MathExpr>
  constant(Number number) const {
    return constant(int64_t(number));
  }
  static MathExpr apply(UnaryOperator op, MathExpr x) {
    return x.of(buildOperator(*x.b, x.loc, op, x));
  }
  static MathExpr apply(BinaryOperator op, MathExpr x, MathExpr y) {
    return x.of(buildOperator(*x.b, x.loc, op, x, y));
  }

  /// Bitcasts to another element type of the same width.
  MathExpr as(mlir::Type element) const {
    return with<mlir::arith::BitcastOp>(with(element));
  }
  MathExpr bits() const {
    return as(b->getIntegerType(
        mlir::getElementTypeOrSelf(type()).getIntOrFloatBitWidth()));
  }
  MathExpr asF32() const { return as(b->getF32Type()); }
  MathExpr asF64() const { return as(b->getF64Type()); }
  MathExpr toF64() const {
    return with<mlir::arith::ExtFOp>(with(b->getF64Type()));
  }
  MathExpr extendedToF32() const {
    return with<mlir::arith::ExtFOp>(with(b->getF32Type()));
  }
  MathExpr toF32() const {
    return with<mlir::arith::TruncFOp>(with(b->getF32Type()));
  }
  /// Integers: zero-extension, truncation, conversion to float.
  MathExpr zeroExtended(unsigned width) const {
    return with<mlir::arith::ExtUIOp>(with(b->getIntegerType(width)));
  }
  MathExpr truncated(unsigned width) const {
    return with<mlir::arith::TruncIOp>(with(b->getIntegerType(width)));
  }
  MathExpr signedToF32() const {
    return with<mlir::arith::SIToFPOp>(with(b->getF32Type()));
  }
  MathExpr abs() const {
    return of(mlir::math::AbsFOp::create(*b, loc, value));
  }
  MathExpr sqrt() const {
    return of(mlir::math::SqrtOp::create(*b, loc, value));
  }

  /// Logical shifts.
  MathExpr operator<<(int64_t count) const {
    return of(mlir::arith::ShLIOp::create(*b, loc, value, constant(count)));
  }
  MathExpr operator>>(int64_t count) const {
    return of(mlir::arith::ShRUIOp::create(*b, loc, value, constant(count)));
  }
  /// Whether x <= y does not hold, which includes NaN.
  MathExpr exceeds(double y) const {
    return of(mlir::arith::CmpFOp::create(
        *b, loc, mlir::arith::CmpFPredicate::UGT, value, constant(y)));
  }

  /// Returns x y + z with one rounding.
  friend MathExpr fma(MathExpr x, MathExpr y, MathExpr z) {
    return x.of(mlir::math::FmaOp::create(*x.b, x.loc, x, y, z));
  }
  friend MathExpr fma(MathExpr x, double y, MathExpr z) {
    return fma(x, x.constant(y), z);
  }
  friend MathExpr select(MathExpr condition, MathExpr yes, MathExpr no) {
    return yes.of(
        mlir::arith::SelectOp::create(*yes.b, yes.loc, condition, yes, no));
  }
  /// Returns c[0] + c[1] x + ... by Horner's rule.
  friend MathExpr polynomial(MathExpr x, llvm::ArrayRef<double> c) {
    MathExpr y = x.constant(c.back());
    for (double next : llvm::reverse(c.drop_back()))
      y = fma(y, x, x.constant(next));
    return y;
  }
  /// Returns |x| with the sign of y.
  friend MathExpr withSign(MathExpr x, MathExpr y) {
    return x.of(mlir::math::CopySignOp::create(*x.b, x.loc, x, y));
  }

private:
  MathExpr of(mlir::Value other) const { return {*b, loc, other}; }
  template <typename Op> MathExpr with(mlir::Type type) const {
    return of(Op::create(*b, loc, type, value));
  }

  mlir::OpBuilder *b;
  mlir::Location loc;
  mlir::Value value;
};

} // namespace dlc

#endif // DLC_CODEGEN_MATH_MATHEXPR_H
