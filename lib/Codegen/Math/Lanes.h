//===- Lanes.h - Formulas of f32 and f64, scalars or vectors ----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_MATH_LANES_H
#define DLC_LIB_CODEGEN_MATH_LANES_H

#include "dlc/Dialect/Utils/Arithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace dlc {

/// The expressions of formulas behind the dialects: f32 or f64, and as many as
/// a vector holds, whole vectors of numbers, integers or truth values as well
/// as scalars. The dialect's scalar::Scalar is that of the bodies of layers,
/// for one element of any type that a model has.
class Lanes : public Expression<Lanes> {
public:
  Lanes(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value)
      : b(&b), loc(loc), value(value) {}
  operator mlir::Value() const { return value; }
  mlir::Type type() const { return value.getType(); }

  /// The same shape with other elements.
  mlir::Type with(mlir::Type element) const {
    if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(type()))
      return shaped.clone(element);
    return element;
  }
  /// What Expression is made of.
  Lanes constant(double number) const {
    return of(buildConstant(*b, loc, type(), number));
  }
  Lanes constant(int64_t number) const {
    return of(buildConstant(*b, loc, type(), number));
  }
  Lanes constant(int number) const { return constant(int64_t(number)); }
  static Lanes apply(UnaryOperator op, Lanes x) {
    return x.of(buildOperator(*x.b, x.loc, op, x));
  }
  static Lanes apply(BinaryOperator op, Lanes x, Lanes y) {
    return x.of(buildOperator(*x.b, x.loc, op, x, y));
  }

  Lanes bits() const {
    return with<mlir::arith::BitcastOp>(with(b->getIntegerType(
        mlir::getElementTypeOrSelf(type()).getIntOrFloatBitWidth())));
  }
  Lanes asF32() const {
    return with<mlir::arith::BitcastOp>(with(b->getF32Type()));
  }
  Lanes asF64() const {
    return with<mlir::arith::BitcastOp>(with(b->getF64Type()));
  }
  Lanes toF64() const {
    return with<mlir::arith::ExtFOp>(with(b->getF64Type()));
  }
  Lanes toF32() const {
    return with<mlir::arith::TruncFOp>(with(b->getF32Type()));
  }
  Lanes abs() const { return of(mlir::math::AbsFOp::create(*b, loc, value)); }
  Lanes sqrt() const { return of(mlir::math::SqrtOp::create(*b, loc, value)); }

  /// Bits moved up and down; zeros follow.
  Lanes operator<<(int64_t count) const {
    return of(mlir::arith::ShLIOp::create(*b, loc, value, constant(count)));
  }
  Lanes operator>>(int64_t count) const {
    return of(mlir::arith::ShRUIOp::create(*b, loc, value, constant(count)));
  }
  /// Not x <= y.
  Lanes exceeds(double y) const {
    return of(mlir::arith::CmpFOp::create(
        *b, loc, mlir::arith::CmpFPredicate::UGT, value, constant(y)));
  }

  /// x y + z, rounded once.
  friend Lanes fma(Lanes x, Lanes y, Lanes z) {
    return x.of(mlir::math::FmaOp::create(*x.b, x.loc, x, y, z));
  }
  friend Lanes fma(Lanes x, double y, Lanes z) {
    return fma(x, x.constant(y), z);
  }
  friend Lanes select(Lanes condition, Lanes yes, Lanes no) {
    return yes.of(
        mlir::arith::SelectOp::create(*yes.b, yes.loc, condition, yes, no));
  }
  /// c[0] + c[1] x + ..., by Horner's rule.
  friend Lanes polynomial(Lanes x, llvm::ArrayRef<double> c) {
    Lanes y = x.constant(c.back());
    for (double next : llvm::reverse(c.drop_back()))
      y = fma(y, x, x.constant(next));
    return y;
  }
  /// |x| with the sign of y.
  friend Lanes withSign(Lanes x, Lanes y) {
    return x.of(mlir::math::CopySignOp::create(*x.b, x.loc, x, y));
  }

private:
  Lanes of(mlir::Value other) const { return {*b, loc, other}; }
  template <typename Op> Lanes with(mlir::Type type) const {
    return of(Op::create(*b, loc, type, value));
  }

  mlir::OpBuilder *b;
  mlir::Location loc;
  mlir::Value value;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_MATH_LANES_H
