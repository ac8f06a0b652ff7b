//===- Scalar.cpp - Scalar expressions as C++ operators -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Scalar.h"
#include "dlc/Dialect/Utils/Arithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;

namespace dlc::dl::scalar {

Scalar Scalar::constant(double number) const {
  return with(buildConstant(*builder, loc, type(), number));
}

template <typename OpT, typename... Args>
static Scalar apply(Scalar first, Args... rest) {
  return first.with(OpT::create(*first.builder, first.loc, first.type(),
                                first.value, Value(rest)...));
}

/// Neither division by zero nor the one overflow may trap: the divisor is made
/// 1 in both cases, and the quotient by zero is set to 0 afterwards.
static Scalar divideIntegers(Scalar a, Scalar b) {
  auto divide = [&](Scalar divisor) {
    return a.with(buildOperator(*a.builder, a.loc, BinaryOperator::Div, a,
                                divisor, a.isUnsigned));
  };
  Scalar byZero = b == 0;
  if (a.isUnsigned) {
    Scalar divisor = select(byZero, b.constant(1), b);
    return select(byZero, a.constant(0), divide(divisor));
  }
  Scalar byMinusOne = b == -1;
  Scalar divisor = select(byZero | byMinusOne, b.constant(1), b);
  Scalar quotient = divide(divisor);
  return select(byZero, a.constant(0), select(byMinusOne, -a, quotient));
}

Scalar Scalar::apply(UnaryOperator op, Scalar x) {
  return x.with(buildOperator(*x.builder, x.loc, op, x));
}

Scalar Scalar::apply(BinaryOperator op, Scalar a, Scalar b) {
  if (op == BinaryOperator::Div && !a.isFloat())
    return divideIntegers(a, b);
  return a.with(buildOperator(*a.builder, a.loc, op, a, b, a.isUnsigned));
}

Scalar remainder(Scalar a, Scalar b) {
  if (a.isFloat())
    return a.with(arith::RemFOp::create(*a.builder, a.loc, a, b));
  return select(b == 0.0, a.constant(0), a - (a / b) * b);
}

/// The shift count, clamped to what the instruction defines, and whether it is
/// within the width.
static std::pair<Scalar, Scalar> shiftCount(Scalar b, unsigned width) {
  Scalar fits = (b >= 0.0) & (b < double(width));
  return {select(fits, b, b.constant(0)), fits};
}

Scalar shiftLeft(Scalar a, Scalar b, unsigned width) {
  auto [count, fits] = shiftCount(b, width);
  return select(fits,
                a.with(arith::ShLIOp::create(*a.builder, a.loc, a, count)),
                a.constant(0));
}

Scalar shiftRight(Scalar a, Scalar b, unsigned width) {
  auto [count, fits] = shiftCount(b, width);
  Value shifted =
      a.isUnsigned
          ? arith::ShRUIOp::create(*a.builder, a.loc, a, count).getResult()
          : arith::ShRSIOp::create(*a.builder, a.loc, a, count).getResult();
  // If all bits are shifted out, only the sign remains.
  Scalar rest = a.isUnsigned ? a.constant(0)
                             : select(a < 0.0, a.constant(-1), a.constant(0));
  return select(fits, a.with(shifted), rest);
}

Scalar abs(Scalar x) {
  if (x.isUnsigned)
    return x;
  return x.isFloat() ? apply<math::AbsFOp>(x) : max(x, -x);
}
Scalar exp(Scalar x) { return apply<math::ExpOp>(x); }
Scalar expm1(Scalar x) { return apply<math::ExpM1Op>(x); }
Scalar log(Scalar x) { return apply<math::LogOp>(x); }
Scalar log1p(Scalar x) { return apply<math::Log1pOp>(x); }
Scalar sqrt(Scalar x) { return apply<math::SqrtOp>(x); }
Scalar sin(Scalar x) { return apply<math::SinOp>(x); }
Scalar cos(Scalar x) { return apply<math::CosOp>(x); }
Scalar tan(Scalar x) { return apply<math::TanOp>(x); }
Scalar asin(Scalar x) { return apply<math::AsinOp>(x); }
Scalar acos(Scalar x) { return apply<math::AcosOp>(x); }
Scalar atan(Scalar x) { return apply<math::AtanOp>(x); }
Scalar sinh(Scalar x) { return apply<math::SinhOp>(x); }
Scalar cosh(Scalar x) { return apply<math::CoshOp>(x); }
Scalar asinh(Scalar x) { return apply<math::AsinhOp>(x); }
Scalar acosh(Scalar x) { return apply<math::AcoshOp>(x); }
Scalar atanh(Scalar x) { return apply<math::AtanhOp>(x); }
Scalar tanh(Scalar x) { return apply<math::TanhOp>(x); }
Scalar erf(Scalar x) { return apply<math::ErfOp>(x); }
Scalar floor(Scalar x) { return apply<math::FloorOp>(x); }
Scalar ceil(Scalar x) { return apply<math::CeilOp>(x); }
Scalar round(Scalar x) { return apply<math::RoundEvenOp>(x); }

Scalar select(Scalar condition, Scalar a, Scalar b) {
  return a.with(arith::SelectOp::create(*a.builder, a.loc, condition, a, b));
}

/// Converts a float to an integer of `bits` bits, clamped to its range; NaN
/// becomes 0. The conversion instruction is undefined outside the range, so
/// values outside are selected separately. The upper bound is compared as 2^n,
/// which is a float; the largest integer 2^n - 1 need not be one.
Scalar toInteger(Scalar x, unsigned bits, bool isSigned) {
  OpBuilder &b = *x.builder;
  Type target = b.getIntegerType(bits);
  Scalar wide = bits > 10 && x.type().getIntOrFloatBitWidth() < 32
                    ? x.to(b.getF32Type())
                    : x;
  double least = isSigned ? -std::ldexp(1.0, bits - 1) : 0.0;
  double above = std::ldexp(1.0, isSigned ? bits - 1 : bits);
  // For unsigned integers, values above -1 round to 0. For signed ones, floats
  // below the least are whole numbers apart.
  Scalar isLow = isSigned ? wide < least : wide <= -1.0;
  Scalar isHigh = wide >= above;
  Scalar inside = (isSigned ? wide >= least : wide > -1.0) &
                  (wide < above); // false for NaN
  Scalar safe = select(inside, wide, wide.constant(0));
  Scalar converted = x.with(
      isSigned
          ? arith::FPToSIOp::create(b, x.loc, target, safe.value).getResult()
          : arith::FPToUIOp::create(b, x.loc, target, safe.value).getResult());
  auto integer = [&](const llvm::APInt &v) {
    return x.with(
        arith::ConstantOp::create(b, x.loc, b.getIntegerAttr(target, v)));
  };
  return select(isHigh,
                integer(isSigned ? llvm::APInt::getSignedMaxValue(bits)
                                 : llvm::APInt::getMaxValue(bits)),
                select(isLow,
                       integer(isSigned ? llvm::APInt::getSignedMinValue(bits)
                                        : llvm::APInt::getZero(bits)),
                       converted));
}

Scalar Scalar::to(Type target) const {
  Type source = type();
  if (source == target)
    return *this;
  OpBuilder &b = *builder;
  auto make = [&](Value v) { return with(v); };
  // Everything that becomes or was bf16 or a smaller float has been an f32.
  auto isSmall = [](Type type) {
    return type.isBF16() ||
           (isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 8);
  };
  if ((isSmall(source) && !target.isF32()) ||
      (isSmall(target) && !source.isF32()))
    return to(b.getF32Type()).to(target);
  if (target.isInteger(1))
    return *this != 0;
  auto targetFloat = dyn_cast<FloatType>(target);
  if (isFloat() && targetFloat) {
    if (source.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth())
      return make(arith::ExtFOp::create(b, loc, target, value));
    // No instruction narrows f64 to 16 bits, so it goes through f32.
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
  // Float to integer saturates.
  return toInteger(*this, target.getIntOrFloatBitWidth(), /*isSigned=*/true)
      .to(target);
}

//===----------------------------------------------------------------------===//
// Element types of dl
//===----------------------------------------------------------------------===//

bool isNarrow(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.isUnsigned() ||
           (integer.getWidth() < 32 && integer.getWidth() > 1);
  return element.getIntOrFloatBitWidth() <= 8;
}

Type storedType(Type element) {
  MLIRContext *context = element.getContext();
  if (element.isInteger(1))
    return element;
  // A format without a zero has nothing for the lanes that a mask leaves out.
  bool isStored = isa<FloatType>(element) && !isa<Float8E8M0FNUType>(element) &&
                  element.getIntOrFloatBitWidth() == 8;
  if (element.getIntOrFloatBitWidth() <= 8 && !isStored)
    return IntegerType::get(context, 8);
  if (element.isUnsignedInteger())
    return IntegerType::get(context, element.getIntOrFloatBitWidth());
  return element;
}

Type computedType(Type element) {
  MLIRContext *context = element.getContext();
  unsigned width = element.getIntOrFloatBitWidth();
  if (isa<FloatType>(element))
    return width < 32 ? Float32Type::get(context) : element;
  if (width == 1)
    return element;
  if (element.isUnsignedInteger() && width >= 32)
    return IntegerType::get(context, 64);
  return IntegerType::get(context, std::max(width, 32u));
}

/// Reinterprets an f32 as i32, or an i32 as f32.
static Scalar bitsOf(Scalar x) {
  OpBuilder &b = *x.builder;
  return x.with(arith::BitcastOp::create(b, x.loc, b.getI32Type(), x.value));
}
static Scalar floatOf(Scalar bits) {
  OpBuilder &b = *bits.builder;
  return bits.with(
      arith::BitcastOp::create(b, bits.loc, b.getF32Type(), bits.value));
}
static Scalar shift(Scalar x, int left) {
  OpBuilder &b = *x.builder;
  return left >= 0
             ? x.with(arith::ShLIOp::create(b, x.loc, x, x.constant(left)))
             : x.with(arith::ShRUIOp::create(b, x.loc, x, x.constant(-left)));
}

/// |x| rounded up to a power of two from 2^-127 to 2^127, as scales of blocks
/// are rounded; NaN stays NaN.
static Scalar roundUpToPowerOfTwo(Scalar x) {
  constexpr double least = 0x00400000, largest = 0x7f000000;
  Scalar bits = bitsOf(abs(x));
  // Any mantissa but 0 carries into the exponent.
  Scalar up = min((bits + 0x007fffff) & 0x7f800000, largest);
  Scalar power = floatOf(select(bits <= least, bits.constant(least), up));
  return select(x == x, power, x);
}

/// The lowest bits of an integer.
static Scalar truncateTo(Scalar x, unsigned width) {
  if (x.type().isInteger(width))
    return x;
  return x.with(arith::TruncIOp::create(*x.builder, x.loc,
                                        x.builder->getIntegerType(width), x));
}

Scalar load(OpBuilder &b, Location loc, Value stored, Type element) {
  Scalar value(b, loc, stored);
  Type computed = computedType(element);
  if (!isNarrow(element))
    return value.to(computed);
  if (isa<FloatType>(element)) {
    if (stored.getType() != element) {
      value = value.with(arith::BitcastOp::create(
          b, loc, element, truncateTo(value, element.getIntOrFloatBitWidth())));
    }
    return value.to(computed);
  }
  if (unsigned width = element.getIntOrFloatBitWidth(); width < 8) {
    // Only the bits of the type count; the rest of the byte is arbitrary.
    int unused = computed.getIntOrFloatBitWidth() - width;
    Scalar wide = value.with(arith::ExtUIOp::create(b, loc, computed, stored));
    Scalar up = shift(wide, unused);
    return element.isUnsignedInteger() ? shift(up, -unused)
                                       : up.with(arith::ShRSIOp::create(
                                             b, loc, up, up.constant(unused)));
  }
  if (stored.getType() != computed)
    value = value.with(
        element.isUnsignedInteger()
            ? arith::ExtUIOp::create(b, loc, computed, stored).getResult()
            : arith::ExtSIOp::create(b, loc, computed, stored).getResult());
  value.isUnsigned = element.isUnsignedInteger(64);
  return value;
}

Scalar Scalar::store(Type element) const {
  if (!isNarrow(element))
    return to(storedType(element));
  Type stored = storedType(element);
  OpBuilder &b = *builder;
  Scalar bits = *this;
  unsigned width = element.getIntOrFloatBitWidth();
  if (isa<FloatType>(element)) {
    // What arith leaves open stands here: folds and expansions differ in it.
    const llvm::fltSemantics &semantics =
        mlir::cast<FloatType>(element).getFloatSemantics();
    Scalar rounded = bits;
    if (isa<Float8E8M0FNUType>(element)) {
      rounded = roundUpToPowerOfTwo(bits);
    } else if (!APFloat::semanticsHasNaN(semantics)) {
      double largest = APFloat::getLargest(semantics).convertToDouble();
      rounded = select(bits == bits, min(max(bits, -largest), largest), -0.0);
    }
    rounded = rounded.to(element);
    if (stored == element)
      return rounded;
    bits = with(
        arith::BitcastOp::create(b, loc, b.getIntegerType(width), rounded));
    if (width < 8)
      bits = with(arith::ExtUIOp::create(b, loc, stored, bits));
    return bits;
  }
  if (width < 8) {
    // Keeps the bits of the type and extends their sign over the byte.
    int unused = bits.type().getIntOrFloatBitWidth() - width;
    Scalar up = shift(bits, unused);
    bits = element.isUnsignedInteger()
               ? shift(up, -unused)
               : with(arith::ShRSIOp::create(b, loc, up, up.constant(unused)));
  }
  return truncateTo(bits, stored.getIntOrFloatBitWidth());
}

Scalar Scalar::cast(Type element, bool saturate) const {
  OpBuilder &b = *builder;
  Type computed = computedType(element), source = type();
  unsigned width = element.getIntOrFloatBitWidth();
  if (isa<FloatType>(element)) {
    Scalar wide = *this;
    if (isUnsigned)
      wide = with(arith::UIToFPOp::create(b, loc, computed, value));
    wide = wide.to(element.isF16() ? element : computed).to(computed);
    if (!isNarrow(element) || !saturate || isa<Float8E8M0FNUType>(element))
      return wide;
    double largest =
        APFloat::getLargest(mlir::cast<FloatType>(element).getFloatSemantics())
            .convertToDouble();
    return min(max(wide, -largest), largest);
  }
  if (width == 1)
    return to(element);
  bool toUnsigned = element.isUnsignedInteger();
  Scalar result = *this;
  if (isFloat()) {
    // Below a byte: converts to an integer, which wraps when it is stored.
    result = width < 8 ? toInteger(*this, 32, /*isSigned=*/true)
                       : toInteger(*this, width, !toUnsigned);
    source = result.type();
  }
  if (source != computed) {
    unsigned from = source.getIntOrFloatBitWidth();
    if (from > computed.getIntOrFloatBitWidth())
      result = with(arith::TruncIOp::create(b, loc, computed, result.value));
    else if (from == 1 || (isFloat() && toUnsigned))
      result = with(arith::ExtUIOp::create(b, loc, computed, result.value));
    else
      result = with(arith::ExtSIOp::create(b, loc, computed, result.value));
  }
  result.isUnsigned = element.isUnsignedInteger(64);
  return result;
}

} // namespace dlc::dl::scalar
