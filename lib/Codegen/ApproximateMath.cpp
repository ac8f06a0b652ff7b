//===- ApproximateMath.cpp - f32 functions as polynomials -----------------===//
//
// Upstream's approximations are used where they are within two units in the
// last place (logarithms) or where that does not matter; its exp, tanh and erf
// are off by up to five, its sine and cosine by twenty near their zeros. The
// coefficients below are near-minimax fits (least squares reweighted towards
// equal errors, in 120 bits) of the functions and intervals that the comments
// name; the errors of the results were measured against f64 over a 61st part of
// all f32.
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// On a call of libm that stays one.
constexpr StringLiteral exactMark = "dlc.exact";

constexpr double infinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// f32 by f32
//===----------------------------------------------------------------------===//

/// x = n ln 2 + r with |r| <= ln 2 / 2; the lowest bits of `magic` are n, in
/// two's complement: 1.5 * 2^23 has no place for fractions.
struct Halving {
  Lanes magic, n, r;
};

Halving halve(Lanes x) {
  constexpr double shift = 12582912.0, high = 0.693147182464599609375,
                   low = -1.904654323148236e-9; // ln 2 = high + low
  Lanes magic = fma(x, 1.4426950408889634, x.constant(shift));
  Lanes n = magic - shift;
  return {magic, n, fma(n, -low, fma(n, -high, x))};
}

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, such that e^r is off by 2^-28.
Lanes expTail(Lanes r) {
  return polynomial(
      r, {0.49999994, 0.1666652, 0.041668393, 0.008368781, 0.0013814465});
}

/// e^x for -87 <= x <= 88.
Lanes expWithin(Lanes x) {
  Halving h = halve(x);
  Lanes one = x.constant(1.0);
  Lanes y = fma(fma(expTail(h.r), h.r, one), h.r, one);
  return (y.bits() + (h.magic.bits() << 23)).asF32();
}

/// Within 1 unit in the last place. Results below 2^-126 are 0, as all
/// arithmetic has it while a kernel runs.
Lanes expOf(Lanes x) {
  Lanes y = expWithin(x);
  y = select(x < -87.33654022216796875, x.constant(0.0), y);
  // Overflow, and NaN stays NaN.
  y = select(x.exceeds(88.72283172607421875), x + infinity, y);
  return y;
}

/// tanh x = e / (e + 2) with e = e^(2 |x|) - 1, which has no cancellation: e is
/// 2^n (e^r - 1) + (2^n - 1). Three roundings are too many where e is small:
/// there x + x^3 p(x^2). Within 2 units in the last place.
Lanes tanhOf(Lanes x) {
  Lanes twice = x.abs() + x.abs();
  // From there on it is 1; NaN stays NaN.
  twice = select(twice > 18.5, x.constant(18.5), twice);
  Halving h = halve(twice);
  // (e^r - 1 - r) / r^2 again, such that e^r - 1 is off by 2^-26.
  Lanes tail = polynomial(
      h.r, {0.49999997, 0.16666543, 0.0416672, 0.00836658, 0.0013882507});
  Lanes part = fma(h.r * h.r, tail, h.r);
  Lanes one = x.constant(1.0);
  Lanes power = (one.bits() + (h.magic.bits() << 23)).asF32();
  Lanes e = fma(power, part, power - one);
  // (tanh x / x - 1) / x^2 on [0, 0.3] in x^2.
  Lanes square = x * x;
  Lanes near =
      fma(square * x,
          polynomial(square, {-0.33333063, 0.13314909, -0.05037229}), x);
  return select(twice < 0.6, near, withSign(e / (e + 2.0), x));
}

/// Near zero x + x p(x^2), elsewhere 1 - e^q(|x|), where q approximates the
/// logarithm of erfc. Within 2 units in the last place.
Lanes erfOf(Lanes x) {
  // erf x / x - 1 on [0, 0.93] in x^2.
  Lanes near = polynomial(x * x, {0.12837915, -0.3761248, 0.112816826,
                                  -0.02676172, 0.00498594, -0.0005953739});
  near = fma(near, x, x);
  // log erfc on [0.92, 4]; erfc 4 = 1.5e-8 is nothing beside 1.
  Lanes t = x.abs();
  t = select(t > 4.0, x.constant(4.0), t);
  Lanes q = polynomial(t, {-0.00019566654, -1.1276757, -0.6371822, -0.103931665,
                           0.022226956, -0.0030432267, 0.00019593826});
  Lanes far = withSign(x.constant(1.0) - expWithin(q), x);
  return select(t > 0.92, far, near);
}

/// A function of f32 by its formula.
template <typename Op, Lanes (*formula)(Lanes)>
struct Expand : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    rewriter.replaceOp(
        op, Value(formula(Lanes(rewriter, op.getLoc(), op.getOperand()))));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// f32 by f64
//===----------------------------------------------------------------------===//

/// x = n pi / 2 + r in f64, exact to 2^-57 for |x| < 2^50, and the polynomials
/// of sine and cosine on [-pi / 4, pi / 4]. `quarter` is 1 for the cosine.
/// Within 1 unit in the last place. For larger angles libm is called: 2 / pi
/// would be needed to 180 bits.
template <typename Op, int quarter> struct ExpandSine : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32() || op->hasAttr(exactMark))
      return failure();
    Location loc = op.getLoc();
    Lanes x(rewriter, loc, op.getOperand());
    Lanes large = x.abs() > 0x1p50;
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
          scf::YieldOp::create(b, loc,
                               Value(within(Lanes(b, loc, op.getOperand()))));
        });
    rewriter.replaceOp(op, branch);
    return success();
  }

private:
  static Lanes within(Lanes x) {
    constexpr double shift = 6755399441055744.0, // 1.5 * 2^52
        high = 1.5707963267948965580, low = 6.1232339957367658e-17; // pi / 2
    Lanes wide = x.toF64();
    Lanes magic = fma(wide, 0.63661977236758134308, wide.constant(shift));
    Lanes n = magic - shift;
    Lanes r = fma(n, -low, fma(n, -high, wide));
    Lanes square = r * r;
    Lanes sine = fma(
        polynomial(square, {-0.1666666664061255, 0.00833332926669308,
                            -0.00019839296121471905, 2.717939822651085e-06}) *
            square,
        r, r);
    Lanes cosine =
        fma(polynomial(square, {-0.4999999999952195, 0.04166666655784532,
                                -0.0013888880843046212, 2.4798990126045015e-05,
                                -2.7176356176101346e-07}),
            square, r.constant(1.0));
    Lanes turns = magic.bits();
    if (quarter)
      turns = turns + turns.constant(int64_t(quarter));
    Lanes isOdd = (turns & turns.constant(int64_t(1))).differs(0);
    Lanes y = select(isOdd, cosine, sine);
    Lanes sign = (turns & turns.constant(int64_t(2))) << 62;
    return (y.bits() ^ sign).asF64().toF32();
  }
};

/// Powers with the exponents of normalisations, by roots and products; equal to
/// C's pow in the special cases as well: -0 gives +0, minus infinity gives plus
/// infinity, below 0 there is none.
struct ExpandConstantPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    FloatAttr scalar;
    DenseFPElementsAttr vector;
    if (matchPattern(op.getRhs(), m_Constant(&vector)) && vector.isSplat())
      scalar = FloatAttr::get(vector.getElementType(),
                              vector.getSplatValue<APFloat>());
    else if (!matchPattern(op.getRhs(), m_Constant(&scalar)))
      return failure();
    double exponent = scalar.getValueAsDouble();
    Location loc = op.getLoc();
    Lanes x(rewriter, loc, op.getLhs());
    if (exponent == 2) {
      rewriter.replaceOp(op, Value(x * x));
      return success();
    }
    if (exponent != 0.5 && exponent != 0.75)
      return failure();
    auto rootOf = [&](Value value) {
      return Lanes(rewriter, loc, math::SqrtOp::create(rewriter, loc, value));
    };
    Lanes root = rootOf(x + 0.0);
    if (exponent == 0.75)
      root = root * rootOf(root);
    rewriter.replaceOp(
        op, Value(select(x == -infinity, x.constant(infinity), root)));
    return success();
  }
};

/// 2^(y log2 |x|) in f64 with the special cases of C's pow. Within 1 unit in
/// the last place.
struct ExpandPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Location loc = op.getLoc();
    Lanes x(rewriter, loc, op.getLhs()), y(rewriter, loc, op.getRhs());
    Lanes size = x.abs();
    Lanes result = power(size.toF64(), y.toF64()).toF32();
    Lanes zero = x.constant(0.0), one = x.constant(1.0),
          nan = x.constant(std::numeric_limits<double>::quiet_NaN());
    // Infinite bases have no mantissa; neither has 0.
    Lanes vanishes = select(y < 0.0, x.constant(infinity), zero);
    Lanes grows = select(y < 0.0, zero, x.constant(infinity));
    result = select(size == 0.0, vanishes, result);
    result = select(size == infinity, grows, result);
    // Below 0: whole exponents alone, odd ones keep the sign. Large numbers are
    // whole and even.
    Lanes half = y * 0.5;
    Lanes isWhole = floorOf(rewriter, loc, y).equals(y);
    Lanes isEven = floorOf(rewriter, loc, half).equals(half);
    Lanes isNegative = (x.bits() >> 31).differs(0);
    Lanes isFinite = size < infinity;
    Lanes isNotZero = size > 0.0;
    result =
        select(isNegative & isWhole & notOf(isEven), result * -1.0, result);
    result =
        select((x < 0.0) & isFinite & isNotZero & notOf(isWhole), nan, result);
    // NaN of either, then what is 1 whatever the other.
    result = select((size.equals(size)) & (y.equals(y)), result, nan);
    result = select((size == 1.0) & (y.abs() == infinity), one, result);
    result = select((x == 1.0) | (y == 0.0), one, result);
    rewriter.replaceOp(op, Value(result));
    return success();
  }

private:
  static Lanes floorOf(OpBuilder &b, Location loc, Value x) {
    return {b, loc, math::FloorOp::create(b, loc, x)};
  }
  static Lanes notOf(Lanes x) { return x ^ x.constant(int64_t(1)); }

  /// For normal x > 0.
  static Lanes power(Lanes x, Lanes y) {
    constexpr double shift = 6755399441055744.0;
    // x = 2^e m with m in [sqrt 1/2, sqrt 2): the exponent of x / sqrt 1/2.
    Lanes offset = x.bits() - x.bits().constant(int64_t(0x3fe6a09e667f3bcd));
    Lanes exponent = (offset >> 52) << 52;
    Lanes m = (x.bits() - exponent).asF64();
    // The exponent as a number: bits of 1.5 * 2^52 + e; e < 0 wraps at 12 bits.
    Lanes e = ((exponent >> 52) ^ exponent.constant(int64_t(0x800))) +
              exponent.constant(int64_t(0x4338000000000000));
    Lanes whole = e.asF64() - (shift + 0x800);
    // log2 m = s q(s^2), s = (m - 1) / (m + 1), off by 2^-37.
    Lanes s = (m - 1.0) / (m + 1.0);
    Lanes q = polynomial(s * s, {2.8853900817902027, 0.961796673199724,
                                 0.5770836116270461, 0.41167113218280627,
                                 0.34075939700095365});
    Lanes z = y * fma(s, q, whole);
    z = select(z < -160.0, z.constant(-160.0), z);
    z = select(z > 130.0, z.constant(130.0), z);
    Lanes magic = z + shift;
    Lanes r = z - (magic - shift);
    // 2^r on [-1/2, 1/2], off by 2^-29.
    Lanes p =
        polynomial(r, {1.0000000005541865, 0.6931472057372, 0.24022646890480254,
                       0.055503287770754355, 0.009618488973746758,
                       0.0013399931184027087, 0.00015345807533613623});
    return (p.bits() + (magic.bits() << 52)).asF64();
  }
};

struct ApproximateMath : dlc::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandConstantPower>(&getContext(), /*benefit=*/20);
    patterns.add<Expand<math::ExpOp, expOf>, ExpandPower,
                 ExpandSine<math::SinOp, 0>, ExpandSine<math::CosOp, 1>>(
        &getContext(), /*benefit=*/10);
    // Upstream's are a quotient of polynomials and a piecewise one, up to five
    // units off and shorter.
    if (!fast)
      patterns.add<Expand<math::TanhOp, tanhOf>, Expand<math::ErfOp, erfOf>>(
          &getContext(), /*benefit=*/10);
    // Upstream's arc tangent loses forty units in the last place; libm's does
    // not.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return name != math::AtanOp::getOperationName() &&
             name != math::SinOp::getOperationName() &&
             name != math::CosOp::getOperationName();
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
