//===- SmallFloats.cpp - Conversions of floats of at most 8 bits ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SmallFloats.h"
#include "dlc/Codegen/Math/MathExpr.h"
#include <cmath>

using namespace mlir;
using namespace dlc;

namespace {

/// The bit layout of a format: sign, exponent, mantissa.
struct Format {
  unsigned width;
  unsigned mantissa;
  int bias;
  uint32_t largest;  // bits of the largest finite number
  uint32_t infinity; // bits of infinity, or of NaN if it has none
  uint32_t nan;
  bool hasNegativeZero;
  bool hasNaN;

  explicit Format(FloatType type) : width(type.getWidth()) {
    const llvm::fltSemantics &semantics = type.getFloatSemantics();
    auto bits = [](const APFloat &value) {
      return uint32_t(value.bitcastToAPInt().getZExtValue());
    };
    mantissa = APFloat::semanticsPrecision(semantics) - 1;
    bias = 1 - APFloat::semanticsMinExponent(semantics);
    largest = bits(APFloat::getLargest(semantics));
    hasNaN = APFloat::semanticsHasNaN(semantics);
    nan = hasNaN ? bits(APFloat::getNaN(semantics)) : 0;
    infinity = APFloat::semanticsHasInf(semantics)
                   ? bits(APFloat::getInf(semantics))
               : hasNaN ? nan
                        : largest;
    // A format with a single zero uses the bits of -0 for NaN.
    hasNegativeZero = nan != 0x80;
  }
  uint32_t signBit() const { return 1u << (width - 1); }
  bool hasInfinity() const { return infinity != nan && infinity != largest; }
};

constexpr int64_t infinityOfF32 = 0x7f800000, nanOfF32 = 0x7fc00000;

/// 2^(e - 127) for the 8-bit exponent e; 255 is NaN.
MathExpr widenExponent(MathExpr exponent) {
  // 2^-127 is a denormal f32.
  MathExpr some = select(exponent == 0, 0x00400000, exponent << 23);
  return select(exponent == 255, nanOfF32, some).asF32();
}

/// Normal numbers: their bits as those of an f32 with the same mantissa, and
/// the exponent shifted by the difference of the biases. Denormals: a multiple
/// of the smallest one, which is a normal f32 (denormals of f32 may count as
/// 0).
MathExpr widen(MathExpr bits, const Format &f) {
  MathExpr magnitude = bits & (f.signBit() - 1);
  MathExpr sign = (bits & f.signBit()) << (32 - f.width);
  MathExpr normal =
      (magnitude << (23 - f.mantissa)) + (int64_t(127 - f.bias) << 23);
  MathExpr denormal =
      magnitude.signedToF32() * std::ldexp(1.0, 1 - f.bias - int(f.mantissa));
  MathExpr result =
      select(magnitude < (1u << f.mantissa), denormal.bits(), normal);
  if (f.hasInfinity())
    result = select(magnitude == f.infinity, infinityOfF32, result);
  if (f.hasNaN && f.hasNegativeZero)
    result =
        select(magnitude > (f.hasInfinity() ? std::max(f.largest, f.infinity)
                                            : f.largest),
               nanOfF32, result);
  result = result | sign;
  if (!f.hasNegativeZero)
    result = select(bits == f.nan, nanOfF32, result);
  return result.asF32();
}

/// The exponent of the nearest power of two, upwards from the middle. The
/// format has no sign; what is too large, and NaN, becomes NaN.
MathExpr narrowToExponent(MathExpr x) {
  MathExpr bits = x.abs().bits();
  // Between the denormal 2^-127 and 2^-126 the middle is 1.5 * 2^-127.
  MathExpr nearest = select(bits < 0x00600000, 0, (bits + 0x00400000) >> 23);
  return select(x != x, 255, min(nearest, nearest.constant(255)));
}

MathExpr narrow(MathExpr x, const Format &f) {
  int dropped = 23 - int(f.mantissa);
  MathExpr magnitude = x.abs(), bits = magnitude.bits();
  // Normal: rounds off the dropped bits, then changes the bias.
  MathExpr odd = (bits >> dropped) & 1;
  MathExpr normal = ((bits + ((1 << (dropped - 1)) - 1) + odd) >> dropped) -
                    ((127 - f.bias) << f.mantissa);
  // Denormal: added to a number whose last bit equals the smallest denormal.
  double magic = std::ldexp(1.0, 1 - f.bias - int(f.mantissa) + 23);
  MathExpr denormal =
      (magnitude + magic).bits() - magnitude.constant(magic).bits();
  MathExpr rounded =
      select(magnitude < std::ldexp(1.0, 1 - f.bias), denormal, normal);
  MathExpr tooLarge = rounded > f.largest, isNaN = x != x;
  MathExpr sign = (x.bits() >> (32 - f.width)) & f.signBit();
  if (!f.hasNegativeZero)
    return select(tooLarge | isNaN, f.nan,
                  select(rounded == 0, rounded, rounded | sign));
  rounded = select(tooLarge, f.infinity, rounded);
  if (f.hasNaN)
    return select(isNaN, f.nan, rounded) | sign;
  // A format without NaN represents it by -0.
  return select(isNaN, f.signBit(), rounded | sign);
}

bool isExponent(Type element) { return isa<Float8E8M0FNUType>(element); }

struct ExpandExtF : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getIn());
    if (!isSmallFloat(element) || !getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    MathExpr bits =
        MathExpr(rewriter, op.getLoc(), op.getIn()).bits().zeroExtended(32);
    rewriter.replaceOp(
        op, Value(isExponent(element)
                      ? widenExponent(bits)
                      : widen(bits, Format(cast<FloatType>(element)))));
    return success();
  }
};

struct ExpandTruncF : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getType());
    Type from = getElementTypeOrSelf(op.getIn().getType());
    if (!isSmallFloat(element))
      return failure();
    if (from.getIntOrFloatBitWidth() >= 32 && !from.isF32() && !from.isF64())
      return failure();
    // Not by a truncation of its own: folding joins that with the extension.
    MathExpr x(rewriter, op.getLoc(), op.getIn());
    if (from.isF64())
      x = x.toF32();
    else if (!from.isF32())
      x = x.extendedToF32();
    MathExpr bits = isExponent(element)
                        ? narrowToExponent(x)
                        : narrow(x, Format(cast<FloatType>(element)));
    rewriter.replaceOp(
        op, Value(bits.truncated(element.getIntOrFloatBitWidth()).as(element)));
    return success();
  }
};
} // namespace

bool dlc::isSmallFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 8;
}

void dlc::populateExpandSmallFloatPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandExtF, ExpandTruncF>(patterns.getContext());
}
