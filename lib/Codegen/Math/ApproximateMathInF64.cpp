//===- ApproximateMathInF64.cpp - f32 functions by way of f64 -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vector of f64 holds half as many elements, but the formulas need no care
// for the last bits: a formula with an error of 2^-29 in f64 is accurate to
// 0.55 ULP of f32. The coefficients are near-minimax fits like those of
// ApproximateMath.
//
//===----------------------------------------------------------------------===//

#include "ApproximateMathInF64.h"
#include "dlc/Codegen/Math/MathExpr.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace dlc {
namespace {

/// Marks an op that must stay a call of libm.
constexpr StringLiteral exactMark = "dlc.exact";

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double ln2 = 0.69314718055994530942;
constexpr double pi = 3.14159265358979323846;

/// Adding 1.5 * 2^52 rounds the other operand to an integer, which the lowest
/// bits of the sum hold in two's complement: floats near it have no fractional
/// bits.
constexpr double shift = 6755399441055744.0;

//===----------------------------------------------------------------------===//
// Building blocks of f64
//===----------------------------------------------------------------------===//

/// Returns log2 x for normal x > 0, with a relative error of 2^-37 where x is
/// near 1.
MathExpr log2Of(MathExpr x) {
  // x = 2^e m with m in [sqrt 1/2, sqrt 2); e is the exponent of x / sqrt 1/2.
  MathExpr offset = x.bits() - int64_t(0x3fe6a09e667f3bcd);
  MathExpr exponent = (offset >> 52) << 52;
  MathExpr m = (x.bits() - exponent).asF64();
  // Converts the exponent to f64 through the bits of 1.5 * 2^52 + e; a negative
  // e wraps at 12 bits.
  MathExpr e = ((exponent >> 52) ^ 0x800) + int64_t(0x4338000000000000);
  MathExpr whole = e.asF64() - (shift + 0x800);
  // log2 m = s q(s^2), s = (m - 1) / (m + 1).
  MathExpr s = (m - 1.0) / (m + 1.0);
  MathExpr q = polynomial(s * s, {2.8853900817902027, 0.961796673199724,
                                  0.5770836116270461, 0.41167113218280627,
                                  0.34075939700095365});
  return fma(s, q, whole);
}

/// Returns 2^z with a relative error of 2^-29. z is clamped to [-160, 130],
/// beyond the range of f32.
MathExpr exp2Of(MathExpr z) {
  z = select(z < -160.0, z.constant(-160.0), z);
  z = select(z > 130.0, z.constant(130.0), z);
  MathExpr magic = z + shift;
  MathExpr r = z - (magic - shift);
  // 2^r on [-1/2, 1/2].
  MathExpr p =
      polynomial(r, {1.0000000005541865, 0.6931472057372, 0.24022646890480254,
                     0.055503287770754355, 0.009618488973746758,
                     0.0013399931184027087, 0.00015345807533613623});
  return (p.bits() + (magic.bits() << 52)).asF64();
}

/// Returns ln(1 + u) for u >= 0 with a relative error of 2^-37.
MathExpr logOfOnePlus(MathExpr u) {
  MathExpr far = log2Of(u + 1.0) * ln2;
  // The sum u + 1 loses too many bits of a small u.
  MathExpr near = polynomial(u, {1.0, -0.5, 1.0 / 3}) * u;
  far = select(u == infinity, u, far);
  return select(u < 1e-4, near, far);
}

/// Returns the arc sine for |x| <= 1/2.
MathExpr arcSineWithin(MathExpr x) {
  MathExpr square = x * x;
  return fma(polynomial(square, {0.16666659871864437, 0.07500510912804556,
                                 0.044515721801420306, 0.03181759611267251,
                                 0.014402669910235878, 0.037565107196238685}) *
                 square,
             x, x);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Returns (e^x - e^-x) / 2, or the series where the difference cancels.
MathExpr sinhOf(MathExpr x) {
  MathExpr e = exp2Of(x * (1 / ln2));
  MathExpr far = (e - 1.0 / e) * 0.5;
  MathExpr square = x * x;
  MathExpr near =
      fma(polynomial(square, {1.0 / 6, 1.0 / 120, 1.0 / 5040, 1.0 / 362880}) *
              square,
          x, x);
  return select(x.abs() < 0.5, near, far);
}

MathExpr coshOf(MathExpr x) {
  MathExpr e = exp2Of(x * (1 / ln2));
  return (e + 1.0 / e) * 0.5;
}

/// Returns ln(x + sqrt(x^2 + 1)), computed for |x| as ln(1 + u) with u = x +
/// x^2 / (1 + sqrt(...)).
MathExpr asinhOf(MathExpr x) {
  MathExpr size = x.abs(), square = x * x;
  MathExpr root = (square + 1.0).sqrt();
  MathExpr u = select(size == infinity, size, size + square / (root + 1.0));
  return withSign(logOfOnePlus(u), x);
}

/// Returns ln(x + sqrt(x^2 - 1)), computed in t = x - 1; NaN below 1.
MathExpr acoshOf(MathExpr x) {
  MathExpr t = x - 1.0;
  MathExpr y = logOfOnePlus(t + (t * (t + 2.0)).sqrt());
  return select(x < 1.0, x.constant(notANumber), y);
}

/// Returns ln((1 + x) / (1 - x)) / 2, computed for |x|; NaN where |x| > 1.
MathExpr atanhOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr y = logOfOnePlus((size + size) / (1.0 - size)) * 0.5;
  y = select(size > 1.0, x.constant(notANumber), y);
  return withSign(y, x);
}

/// Returns the arc tangent, reduced to an argument of at most tan(pi / 8) in
/// magnitude: |x| itself, (|x| - 1) / (|x| + 1) plus pi / 4, or -1 / |x| plus
/// pi / 2.
MathExpr atanOf(MathExpr x) {
  constexpr double first = 0.41421356237309504880,
                   second = 2.4142135623730950488;
  MathExpr size = x.abs(), one = x.constant(1.0), zero = x.constant(0.0);
  MathExpr isMiddle = size > first, isLarge = size > second;
  MathExpr above =
      select(isLarge, x.constant(-1.0), select(isMiddle, size - 1.0, size));
  MathExpr below = select(isLarge, size, select(isMiddle, size + 1.0, one));
  MathExpr start = select(isLarge, x.constant(pi / 2),
                          select(isMiddle, x.constant(pi / 4), zero));
  MathExpr r = above / below;
  MathExpr square = r * r;
  MathExpr y =
      fma(polynomial(square, {-0.3333333251448556, 0.19999905177829802,
                              -0.1428204184946956, 0.11045091030634693,
                              -0.08478393309822836, 0.047482504342492494}) *
              square,
          r, r);
  return withSign(start + y, x);
}

/// Returns the arc sine; for |x| > 1/2 as pi / 2 - 2 asin(sqrt((1 - |x|) / 2)).
/// NaN where |x| > 1.
MathExpr asinOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr isFar = size > 0.5;
  MathExpr root = ((1.0 - size) * 0.5).sqrt();
  MathExpr y = arcSineWithin(select(isFar, root, size));
  y = select(isFar, fma(y, -2.0, x.constant(pi / 2)), y);
  return withSign(y, x);
}

/// Returns pi / 2 - asin x, or 2 asin(sqrt((1 - x) / 2)), which does not cancel
/// near 1.
MathExpr acosOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr isFar = size > 0.5;
  MathExpr root = ((1.0 - size) * 0.5).sqrt();
  MathExpr y = arcSineWithin(select(isFar, root, x));
  MathExpr far = y + y;
  far = select(x < 0.0, pi - far, far);
  return select(isFar, far, pi / 2 - y);
}

/// Replaces an f32 function by its formula in f64.
template <typename Op, MathExpr (*formula)(MathExpr)>
struct Widen : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    MathExpr x(rewriter, op.getLoc(), op.getOperand());
    MathExpr y = formula(x.toF64()).toF32();
    // NaN needs a select: manipulating exponent bits may turn it into a number.
    rewriter.replaceOp(op, Value(select(x == x, y, x)));
    return success();
  }
};

/// Expands sine, cosine and tangent: x = n pi / 2 + r in f64, exact to 2^-57
/// for |x| < 2^50, then the polynomials of sine and cosine on [-pi / 4, pi /
/// 4]. libm is called if any lane has a larger angle, whose reduction would
/// need 2 / pi to 180 bits.
template <typename Op> struct ExpandCircular : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32() || op->hasAttr(exactMark))
      return failure();
    Location loc = op.getLoc();
    MathExpr x(rewriter, loc, op.getOperand());
    MathExpr large = x.abs() > 0x1p50;
    Value any = large;
    if (auto type = dyn_cast<VectorType>(any.getType())) {
      auto line = VectorType::get(type.getNumElements(), type.getElementType());
      any = vector::ReductionOp::create(
          rewriter, loc, vector::CombiningKind::OR,
          vector::ShapeCastOp::create(rewriter, loc, line, any));
    }
    auto branch = scf::IfOp::create(
        rewriter, loc, any,
        [&](OpBuilder &b, Location loc) {
          Operation *exact = b.clone(*op);
          exact->setAttr(exactMark, b.getUnitAttr());
          scf::YieldOp::create(b, loc, exact->getResults());
        },
        [&](OpBuilder &b, Location loc) {
          scf::YieldOp::create(
              b, loc, Value(within(MathExpr(b, loc, op.getOperand()))));
        });
    rewriter.replaceOp(op, branch);
    return success();
  }

private:
  static MathExpr within(MathExpr x) {
    constexpr double high = 1.5707963267948965580,
                     low = 6.1232339957367658e-17; // pi / 2
    MathExpr wide = x.toF64();
    MathExpr magic = fma(wide, 0.63661977236758134308, wide.constant(shift));
    MathExpr n = magic - shift;
    MathExpr r = fma(n, -low, fma(n, -high, wide));
    MathExpr square = r * r;
    MathExpr sine = fma(
        polynomial(square, {-0.1666666664061255, 0.00833332926669308,
                            -0.00019839296121471905, 2.717939822651085e-06}) *
            square,
        r, r);
    MathExpr cosine =
        fma(polynomial(square, {-0.4999999999952195, 0.04166666655784532,
                                -0.0013888880843046212, 2.4798990126045015e-05,
                                -2.7176356176101346e-07}),
            square, r.constant(1.0));
    // Odd quadrants swap sine and cosine; cosine is one quadrant ahead.
    MathExpr turns = magic.bits();
    if (std::is_same_v<Op, math::CosOp>)
      turns = turns + 1;
    MathExpr isOdd = (turns & 1) != 0;
    if (std::is_same_v<Op, math::TanOp>) {
      MathExpr above = select(isOdd, cosine * -1.0, sine);
      return (above / select(isOdd, sine, cosine)).toF32();
    }
    MathExpr y = select(isOdd, cosine, sine);
    MathExpr sign = (turns & 2) << 62;
    return (y.bits() ^ sign).asF64().toF32();
  }
};

/// Expands pow as 2^(y log2 |x|), with the special cases of C's pow.
struct ExpandPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Location loc = op.getLoc();
    MathExpr x(rewriter, loc, op.getLhs()), y(rewriter, loc, op.getRhs());
    MathExpr size = x.abs();
    MathExpr result = exp2Of(y.toF64() * log2Of(size.toF64())).toF32();
    MathExpr zero = x.constant(0.0), one = x.constant(1.0),
             nan = x.constant(notANumber);
    // log2Of needs a normal number, so bases 0 and infinity are special.
    MathExpr vanishes = select(y < 0.0, x.constant(infinity), zero);
    MathExpr grows = select(y < 0.0, zero, x.constant(infinity));
    result = select(size == 0.0, vanishes, result);
    result = select(size == infinity, grows, result);
    // Negative bases: only integer exponents have a result, and odd ones keep
    // the sign. Large exponents are integers and even.
    MathExpr half = y * 0.5;
    MathExpr isWhole = floorOf(rewriter, loc, y) == y;
    MathExpr isEven = floorOf(rewriter, loc, half) == half;
    MathExpr isNegative = (x.bits() >> 31) != 0;
    MathExpr isFinite = size < infinity;
    MathExpr isNotZero = size > 0.0;
    result = select(isNegative & isWhole & ~isEven, result * -1.0, result);
    result = select((x < 0.0) & isFinite & isNotZero & ~isWhole, nan, result);
    // NaN if either operand is NaN, except for the cases that are 1 whatever
    // the other operand is.
    result = select((size == size) & (y == y), result, nan);
    result = select((size == 1.0) & (y.abs() == infinity), one, result);
    result = select((x == 1.0) | (y == 0.0), one, result);
    rewriter.replaceOp(op, Value(result));
    return success();
  }

private:
  static MathExpr floorOf(OpBuilder &b, Location loc, Value x) {
    return {b, loc, math::FloorOp::create(b, loc, x)};
  }
};

} // namespace

void populateApproximateMathInF64Patterns(RewritePatternSet &patterns) {
  patterns.add<ExpandPower, ExpandCircular<math::SinOp>,
               ExpandCircular<math::CosOp>, ExpandCircular<math::TanOp>,
               Widen<math::SinhOp, sinhOf>, Widen<math::CoshOp, coshOf>,
               Widen<math::AsinhOp, asinhOf>, Widen<math::AcoshOp, acoshOf>,
               Widen<math::AtanhOp, atanhOf>, Widen<math::AtanOp, atanOf>,
               Widen<math::AsinOp, asinOf>, Widen<math::AcosOp, acosOf>>(
      patterns.getContext(), /*benefit=*/10);
}

} // namespace dlc
