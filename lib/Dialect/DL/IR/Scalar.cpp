//===- Scalar.cpp - Scalar expressions as C++ operators -------------------===//

#include "dlc/Dialect/DL/IR/Scalar.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace dlc::dl::scalar {

Scalar Scalar::constant(double number) const {
  TypedAttr attribute =
      isFloat() ? TypedAttr(builder->getFloatAttr(type(), number))
                : TypedAttr(builder->getIntegerAttr(type(), int64_t(number)));
  return with(arith::ConstantOp::create(*builder, loc, attribute));
}

static Scalar compare(Scalar a, Scalar b, arith::CmpFPredicate onFloats,
                      arith::CmpIPredicate onIntegers) {
  if (a.isFloat())
    return a.with(arith::CmpFOp::create(*a.builder, a.loc, onFloats, a, b));
  return a.with(arith::CmpIOp::create(*a.builder, a.loc, onIntegers, a, b));
}

#define DLC_COMPARE(NAME, FLOAT, INTEGER)                                      \
  Scalar Scalar::NAME(Scalar b) const {                                        \
    return compare(*this, b, arith::CmpFPredicate::FLOAT,                      \
                   arith::CmpIPredicate::INTEGER);                             \
  }
DLC_COMPARE(eq, OEQ, eq)
DLC_COMPARE(ne, UNE, ne)
DLC_COMPARE(lt, OLT, slt)
DLC_COMPARE(le, OLE, sle)
DLC_COMPARE(gt, OGT, sgt)
DLC_COMPARE(ge, OGE, sge)
#undef DLC_COMPARE

template <typename OpT, typename... Args>
static Scalar apply(Scalar first, Args... rest) {
  return first.with(OpT::create(*first.builder, first.loc, first.type(),
                                first.value, Value(rest)...));
}

template <typename FloatOp, typename IntegerOp>
static Scalar applyByType(Scalar a, Scalar b) {
  if (a.isFloat())
    return a.with(FloatOp::create(*a.builder, a.loc, a, b));
  return a.with(IntegerOp::create(*a.builder, a.loc, a, b));
}

Scalar operator+(Scalar a, Scalar b) {
  return applyByType<arith::AddFOp, arith::AddIOp>(a, b);
}
Scalar operator-(Scalar a, Scalar b) {
  return applyByType<arith::SubFOp, arith::SubIOp>(a, b);
}
Scalar operator*(Scalar a, Scalar b) {
  return applyByType<arith::MulFOp, arith::MulIOp>(a, b);
}

Scalar operator/(Scalar a, Scalar b) {
  if (a.isFloat())
    return a.with(arith::DivFOp::create(*a.builder, a.loc, a, b));
  // Neither division by zero nor the one overflow may trap: the divisor is made
  // 1 in both cases, and the quotient by zero is set to 0 afterwards.
  Scalar byZero = b.eq(0.0);
  Scalar byMinusOne = b.eq(-1.0);
  Scalar divisor = select(byZero | byMinusOne, b.constant(1), b);
  Scalar quotient =
      a.with(arith::DivSIOp::create(*a.builder, a.loc, a, divisor));
  return select(byZero, a.constant(0), select(byMinusOne, -a, quotient));
}

Scalar operator-(Scalar x) {
  if (x.isFloat())
    return x.with(arith::NegFOp::create(*x.builder, x.loc, x));
  return x.constant(0) - x;
}

Scalar operator&(Scalar a, Scalar b) {
  return a.with(arith::AndIOp::create(*a.builder, a.loc, a, b));
}
Scalar operator|(Scalar a, Scalar b) {
  return a.with(arith::OrIOp::create(*a.builder, a.loc, a, b));
}
Scalar operator^(Scalar a, Scalar b) {
  return a.with(arith::XOrIOp::create(*a.builder, a.loc, a, b));
}
Scalar operator!(Scalar x) { return x ^ x.constant(1); }

Scalar max(Scalar a, Scalar b) {
  return applyByType<arith::MaximumFOp, arith::MaxSIOp>(a, b);
}
Scalar min(Scalar a, Scalar b) {
  return applyByType<arith::MinimumFOp, arith::MinSIOp>(a, b);
}
Scalar abs(Scalar x) {
  return x.isFloat() ? apply<math::AbsFOp>(x) : max(x, -x);
}
Scalar pow(Scalar a, Scalar b) { return apply<math::PowFOp>(a, b); }
Scalar exp(Scalar x) { return apply<math::ExpOp>(x); }
Scalar expm1(Scalar x) { return apply<math::ExpM1Op>(x); }
Scalar log(Scalar x) { return apply<math::LogOp>(x); }
Scalar log1p(Scalar x) { return apply<math::Log1pOp>(x); }
Scalar sqrt(Scalar x) { return apply<math::SqrtOp>(x); }
Scalar sin(Scalar x) { return apply<math::SinOp>(x); }
Scalar cos(Scalar x) { return apply<math::CosOp>(x); }
Scalar tanh(Scalar x) { return apply<math::TanhOp>(x); }
Scalar erf(Scalar x) { return apply<math::ErfOp>(x); }
Scalar floor(Scalar x) { return apply<math::FloorOp>(x); }
Scalar ceil(Scalar x) { return apply<math::CeilOp>(x); }
Scalar round(Scalar x) { return apply<math::RoundEvenOp>(x); }

Scalar select(Scalar condition, Scalar a, Scalar b) {
  return a.with(arith::SelectOp::create(*a.builder, a.loc, condition, a, b));
}

//===----------------------------------------------------------------------===//
// bf16 by its bits: the upper half of an f32, stored as i16. Few processors
// convert it (and those that do lose denormals), and for those that do not LLVM
// calls the compiler's runtime library, which a model's library does not have.
//===----------------------------------------------------------------------===//

static Scalar widenBFloat16(Scalar bits) {
  OpBuilder &b = *bits.builder;
  Scalar wide = bits.with(
      arith::ExtUIOp::create(b, bits.loc, b.getI32Type(), bits.value));
  Scalar shifted =
      bits.with(arith::ShLIOp::create(b, bits.loc, wide, wide.constant(16)));
  return bits.with(
      arith::BitcastOp::create(b, bits.loc, b.getF32Type(), shifted.value));
}

/// To the nearest, ties to even; NaN stays NaN.
static Scalar narrowToBFloat16(Scalar x) {
  OpBuilder &b = *x.builder;
  auto shift = [&](Scalar v) {
    return x.with(arith::ShRUIOp::create(b, x.loc, v, v.constant(16)));
  };
  Scalar isNaN = x.ne(x);
  Scalar bits =
      x.with(arith::BitcastOp::create(b, x.loc, b.getI32Type(), x.value));
  Scalar odd = shift(bits) & bits.constant(1);
  Scalar rounded = shift(bits + bits.constant(0x7fff) + odd);
  Scalar kept = select(isNaN, bits.constant(0x7fc0), rounded);
  return x.with(arith::TruncIOp::create(b, x.loc, b.getI16Type(), kept.value));
}

Scalar Scalar::to(Type target) const {
  Type source = type();
  if (source == target)
    return *this;
  OpBuilder &b = *builder;
  auto make = [&](Value v) { return with(v); };
  if (source.isInteger(16)) // a stored bf16
    return widenBFloat16(*this).to(target);
  if (target.isInteger(16))
    return source.isF32() ? narrowToBFloat16(*this)
                          : to(b.getF32Type()).to(target);
  if (target.isBF16()) // rounded when it is stored
    return to(b.getF32Type());
  if (target.isInteger(1))
    return ne(0.0);
  auto targetFloat = dyn_cast<FloatType>(target);
  if (isFloat() && targetFloat) {
    if (source.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth())
      return make(arith::ExtFOp::create(b, loc, target, value));
    // No instruction narrows f64 to 16 bits: through f32.
    if (source.isF64() && target.getIntOrFloatBitWidth() == 16)
      return to(b.getF32Type()).to(target);
    if (source.getIntOrFloatBitWidth() > target.getIntOrFloatBitWidth())
      return make(arith::TruncFOp::create(b, loc, target, value));
    llvm_unreachable("equal widths are equal types");
  }
  if (targetFloat && target.getIntOrFloatBitWidth() == 16)
    return to(b.getF32Type()).to(target);
  if (targetFloat)
    return make(
        source.isInteger(1)
            ? arith::UIToFPOp::create(b, loc, target, value).getResult()
            : arith::SIToFPOp::create(b, loc, target, value).getResult());
  if (!isFloat()) {
    if (source.isInteger(1))
      return make(arith::ExtUIOp::create(b, loc, target, value));
    if (source.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth())
      return make(arith::ExtSIOp::create(b, loc, target, value));
    return make(arith::TruncIOp::create(b, loc, target, value));
  }
  // Float to integer, saturating: clamp to the representable range first, since
  // arith.fptosi outside it is undefined. The upper bound 2^(n-1) is not
  // representable in the integer, so values at or above it are chosen apart.
  unsigned bits = target.getIntOrFloatBitWidth();
  double bound = double(uint64_t(1) << (bits - 1));
  Scalar wide = bits > 24 && source.getIntOrFloatBitWidth() < 32
                    ? to(b.getF32Type())
                    : *this;
  Scalar isLow = wide.lt(-bound), isHigh = wide.ge(bound);
  Scalar inside = wide.ge(-bound) & wide.lt(bound); // false for NaN
  Scalar safe = select(inside, wide, wide.constant(0));
  Scalar converted = make(arith::FPToSIOp::create(b, loc, target, safe.value));
  auto integer = [&](const llvm::APInt &v) {
    return make(arith::ConstantOp::create(b, loc, b.getIntegerAttr(target, v)));
  };
  return select(
      isHigh, integer(llvm::APInt::getSignedMaxValue(bits)),
      select(isLow, integer(llvm::APInt::getSignedMinValue(bits)), converted));
}

} // namespace dlc::dl::scalar
