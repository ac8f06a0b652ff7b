//===- Lanes.h - Formulas of f32 and f64, scalars or vectors ----*- C++ -*-===//

#ifndef DLC_LIB_CODEGEN_LANES_H
#define DLC_LIB_CODEGEN_LANES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace dlc {

/// A value with the operators of its formula. The dialect's scalar::Scalar does
/// the same in the bodies of layers, for one element of any type that a model
/// has; here it is f32 or f64, and as many as a vector holds: whole vectors of
/// numbers, integers or truth values as well as scalars.
class Lanes {
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
  Lanes constant(double number) const {
    mlir::Type element = mlir::getElementTypeOrSelf(type());
    return make(b->getFloatAttr(element, number), type());
  }
  Lanes constant(int64_t number) const {
    mlir::Type element = mlir::getElementTypeOrSelf(type());
    return make(b->getIntegerAttr(element, number), type());
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

  friend Lanes operator+(Lanes x, Lanes y) {
    return x.both<mlir::arith::AddFOp, mlir::arith::AddIOp>(y);
  }
  friend Lanes operator-(Lanes x, Lanes y) {
    return x.both<mlir::arith::SubFOp, mlir::arith::SubIOp>(y);
  }
  friend Lanes operator*(Lanes x, Lanes y) {
    return x.both<mlir::arith::MulFOp, mlir::arith::MulIOp>(y);
  }
  friend Lanes operator/(Lanes x, Lanes y) {
    return x.of(mlir::arith::DivFOp::create(*x.b, x.loc, x, y));
  }
  friend Lanes operator&(Lanes x, Lanes y) {
    return x.of(mlir::arith::AndIOp::create(*x.b, x.loc, x, y));
  }
  friend Lanes operator|(Lanes x, Lanes y) {
    return x.of(mlir::arith::OrIOp::create(*x.b, x.loc, x, y));
  }
  friend Lanes operator^(Lanes x, Lanes y) {
    return x.of(mlir::arith::XOrIOp::create(*x.b, x.loc, x, y));
  }
  Lanes operator<<(int64_t count) const {
    return of(mlir::arith::ShLIOp::create(*b, loc, value, constant(count)));
  }
  Lanes operator>>(int64_t count) const {
    return of(mlir::arith::ShRUIOp::create(*b, loc, value, constant(count)));
  }
  Lanes operator+(double y) const { return *this + constant(y); }
  Lanes operator-(double y) const { return *this - constant(y); }
  Lanes operator*(double y) const { return *this * constant(y); }

  /// Comparisons are false for NaN but for isNot.
  Lanes operator<(double y) const { return is(Predicate::OLT, constant(y)); }
  Lanes operator>(double y) const { return is(Predicate::OGT, constant(y)); }
  Lanes operator==(double y) const { return is(Predicate::OEQ, constant(y)); }
  Lanes equals(Lanes y) const { return is(Predicate::OEQ, y); }
  /// Not x <= y.
  Lanes exceeds(double y) const { return is(Predicate::UGT, constant(y)); }
  Lanes differs(int64_t y) const {
    return of(mlir::arith::CmpIOp::create(
        *b, loc, mlir::arith::CmpIPredicate::ne, value, constant(y)));
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
  using Predicate = mlir::arith::CmpFPredicate;

  Lanes of(mlir::Value other) const { return {*b, loc, other}; }
  Lanes make(mlir::TypedAttr element, mlir::Type type) const {
    if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(type))
      element = mlir::DenseElementsAttr::get(shaped, mlir::Attribute(element));
    return of(mlir::arith::ConstantOp::create(*b, loc, element));
  }
  template <typename Op> Lanes with(mlir::Type type) const {
    return of(Op::create(*b, loc, type, value));
  }
  template <typename FloatOp, typename IntOp> Lanes both(Lanes y) const {
    if (mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(type())))
      return of(FloatOp::create(*b, loc, value, y));
    return of(IntOp::create(*b, loc, value, y));
  }
  Lanes is(Predicate predicate, Lanes y) const {
    return of(mlir::arith::CmpFOp::create(*b, loc, predicate, value, y));
  }

  mlir::OpBuilder *b;
  mlir::Location loc;
  mlir::Value value;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_LANES_H
