//===- ApproximateMathInF64.cpp - f32 functions by way of f64
//-------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Half as many elements a vector, but no care for the last bits: a formula that
// is off by 2^-29 in f64 is right to 0.55 units in the last place of f32. The
// coefficients are near-minimax fits as those of ApproximateMath.
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

/// On a call of libm that stays one.
constexpr StringLiteral exactMark = "dlc.exact";

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double ln2 = 0.69314718055994530942;
constexpr double pi = 3.14159265358979323846;

/// 1.5 * 2^52 has no place for fractions: the lowest bits of a sum with it are
/// the other number, rounded, in two's complement.
constexpr double shift = 6755399441055744.0;

//===----------------------------------------------------------------------===//
// Building blocks of f64
//===----------------------------------------------------------------------===//

/// log2 x for normal x > 0, off by 2^-37 of it where x is near 1.
MathExpr log2Of(MathExpr x) {
  // x = 2^e m with m in [sqrt 1/2, sqrt 2): the exponent of x / sqrt 1/2.
  MathExpr offset = x.bits() - int64_t(0x3fe6a09e667f3bcd);
  MathExpr exponent = (offset >> 52) << 52;
  MathExpr m = (x.bits() - exponent).asF64();
  // The exponent as a number: bits of 1.5 * 2^52 + e; e < 0 wraps at 12 bits.
  MathExpr e = ((exponent >> 52) ^ 0x800) + int64_t(0x4338000000000000);
  MathExpr whole = e.asF64() - (shift + 0x800);
  // log2 m = s q(s^2), s = (m - 1) / (m + 1).
  MathExpr s = (m - 1.0) / (m + 1.0);
  MathExpr q = polynomial(s * s, {2.8853900817902027, 0.961796673199724,
                                  0.5770836116270461, 0.41167113218280627,
                                  0.34075939700095365});
  return fma(s, q, whole);
}

/// 2^z, off by 2^-29 of it; beyond -160 and 130, where f32 ends, that of these.
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

/// ln(1 + u) for u >= 0, off by 2^-37 of it.
MathExpr logOfOnePlus(MathExpr u) {
  MathExpr far = log2Of(u + 1.0) * ln2;
  // The sum has lost too much of a small u.
  MathExpr near = polynomial(u, {1.0, -0.5, 1.0 / 3}) * u;
  far = select(u == infinity, u, far);
  return select(u < 1e-4, near, far);
}

/// The arc sine of |x| <= 1/2.
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

/// (e^x - e^-x) / 2, by its series where the difference cancels.
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

/// ln(x + sqrt(x^2 + 1)), for |x|: 1 + u with u = x + x^2 / (1 + sqrt(...)).
MathExpr asinhOf(MathExpr x) {
  MathExpr size = x.abs(), square = x * x;
  MathExpr root = (square + 1.0).sqrt();
  MathExpr u = select(size == infinity, size, size + square / (root + 1.0));
  return withSign(logOfOnePlus(u), x);
}

/// ln(x + sqrt(x^2 - 1)), in t = x - 1; none below 1.
MathExpr acoshOf(MathExpr x) {
  MathExpr t = x - 1.0;
  MathExpr y = logOfOnePlus(t + (t * (t + 2.0)).sqrt());
  return select(x < 1.0, x.constant(notANumber), y);
}

/// ln((1 + x) / (1 - x)) / 2 for |x|; none beyond 1.
MathExpr atanhOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr y = logOfOnePlus((size + size) / (1.0 - size)) * 0.5;
  y = select(size > 1.0, x.constant(notANumber), y);
  return withSign(y, x);
}

/// The arc tangent by that of a number of at most tan(pi / 8): |x|, or
/// (|x| - 1) / (|x| + 1) and pi / 4 more, or -1 / |x| and pi / 2 more.
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

/// pi / 2 - 2 asin(sqrt((1 - |x|) / 2)) for |x| > 1/2; none beyond 1.
MathExpr asinOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr isFar = size > 0.5;
  MathExpr root = ((1.0 - size) * 0.5).sqrt();
  MathExpr y = arcSineWithin(select(isFar, root, size));
  y = select(isFar, fma(y, -2.0, x.constant(pi / 2)), y);
  return withSign(y, x);
}

/// pi / 2 - asin x, or 2 asin(sqrt((1 - x) / 2)), which loses nothing near 1.
MathExpr acosOf(MathExpr x) {
  MathExpr size = x.abs();
  MathExpr isFar = size > 0.5;
  MathExpr root = ((1.0 - size) * 0.5).sqrt();
  MathExpr y = arcSineWithin(select(isFar, root, x));
  MathExpr far = y + y;
  far = select(x < 0.0, pi - far, far);
  return select(isFar, far, pi / 2 - y);
}

/// A function of f32 by its formula in f64.
template <typename Op, MathExpr (*formula)(MathExpr)>
struct Widen : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    MathExpr x(rewriter, op.getLoc(), op.getOperand());
    MathExpr y = formula(x.toF64()).toF32();
    // The exponents' bits may make a number of a NaN.
    rewriter.replaceOp(op, Value(select(x == x, y, x)));
    return success();
  }
};

/// Sine, cosine or tangent: x = n pi / 2 + r in f64, exact to 2^-57 for
/// |x| < 2^50, and the polynomials of sine and cosine on [-pi / 4, pi / 4]. For
/// larger angles libm is called: 2 / pi would be needed to 180 bits.
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
    // Odd quarters swap the two; the cosine is a quarter ahead.
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

/// 2^(y log2 |x|) with the special cases of C's pow.
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
    // Infinite bases have no mantissa; neither has 0.
    MathExpr vanishes = select(y < 0.0, x.constant(infinity), zero);
    MathExpr grows = select(y < 0.0, zero, x.constant(infinity));
    result = select(size == 0.0, vanishes, result);
    result = select(size == infinity, grows, result);
    // Below 0: whole exponents alone, odd ones keep the sign. Large numbers are
    // whole and even.
    MathExpr half = y * 0.5;
    MathExpr isWhole = floorOf(rewriter, loc, y) == y;
    MathExpr isEven = floorOf(rewriter, loc, half) == half;
    MathExpr isNegative = (x.bits() >> 31) != 0;
    MathExpr isFinite = size < infinity;
    MathExpr isNotZero = size > 0.0;
    result = select(isNegative & isWhole & ~isEven, result * -1.0, result);
    result = select((x < 0.0) & isFinite & isNotZero & ~isWhole, nan, result);
    // NaN of either, then what is 1 whatever the other.
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
