//===- ApproximateMath.cpp - f32 functions as polynomials -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream's approximations are used where they are within 2 ULP (logarithms;
// log1p and expm1 2.5) or where accuracy does not matter. Elsewhere they are
// not accurate enough: its exp, tanh and erf are off by up to 5 ULP, its sine
// and cosine by 20 near their zeros, its arc tangent by 40.
//
// The coefficients below are near-minimax fits (least squares reweighted
// towards equal errors, in 120-bit arithmetic) of the functions on the
// intervals that the comments name. The errors of the results were measured
// against f64 on one in 61 of all f32 values.
//
//===----------------------------------------------------------------------===//

#include "ApproximateMathInF64.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Math/MathExpr.h"
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

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The decomposition x = n ln 2 + r with |r| <= ln 2 / 2. The lowest bits of
/// `magic` are n in two's complement, since floats near 1.5 * 2^23 have no
/// fractional bits.
struct RangeReduction {
  MathExpr magic, n, r;
};

RangeReduction reduceRange(MathExpr x) {
  constexpr double shift = 12582912.0, high = 0.693147182464599609375,
                   low = -1.904654323148236e-9; // ln 2 = high + low
  MathExpr magic = fma(x, 1.4426950408889634, x.constant(shift));
  MathExpr n = magic - shift;
  return {magic, n, fma(n, -low, fma(n, -high, x))};
}

/// Returns (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, accurate enough that the
/// error of e^r is 2^-28.
MathExpr expTail(MathExpr r) {
  return polynomial(
      r, {0.49999994, 0.1666652, 0.041668393, 0.008368781, 0.0013814465});
}

/// Returns e^x for -87 <= x <= 88.
MathExpr expWithin(MathExpr x) {
  RangeReduction h = reduceRange(x);
  MathExpr one = x.constant(1.0);
  MathExpr y = fma(fma(expTail(h.r), h.r, one), h.r, one);
  return (y.bits() + (h.magic.bits() << 23)).asF32();
}

/// Returns e^x within 1 ULP. Results below 2^-126 are flushed to 0, as
/// denormals are in all arithmetic of a kernel.
MathExpr expOf(MathExpr x) {
  MathExpr y = expWithin(x);
  y = select(x < -87.33654022216796875, x.constant(0.0), y);
  // Overflows to infinity; NaN stays NaN.
  y = select(x.exceeds(88.72283172607421875), x + infinity, y);
  return y;
}

/// Returns tanh x within 2 ULP, as e / (e + 2) with e = e^(2 |x|) - 1.
/// Computing e as 2^n (e^r - 1) + (2^n - 1) avoids cancellation. Where e is
/// small the three roundings are too many; x + x^3 p(x^2) is used there.
MathExpr tanhOf(MathExpr x) {
  MathExpr twice = x.abs() + x.abs();
  // From 2 |x| = 18.5 on the result is 1. NaN stays NaN.
  twice = select(twice > 18.5, x.constant(18.5), twice);
  RangeReduction h = reduceRange(twice);
  // (e^r - 1 - r) / r^2 as in expTail, but fitted so that the error of e^r - 1
  // is 2^-26.
  MathExpr tail = polynomial(
      h.r, {0.49999997, 0.16666543, 0.0416672, 0.00836658, 0.0013882507});
  MathExpr part = fma(h.r * h.r, tail, h.r);
  MathExpr one = x.constant(1.0);
  MathExpr power = (one.bits() + (h.magic.bits() << 23)).asF32();
  MathExpr e = fma(power, part, power - one);
  // (tanh x / x - 1) / x^2 on [0, 0.3] in x^2.
  MathExpr square = x * x;
  MathExpr near =
      fma(square * x,
          polynomial(square, {-0.33333063, 0.13314909, -0.05037229}), x);
  return select(twice < 0.6, near, withSign(e / (e + 2.0), x));
}

/// Returns erf x within 2 ULP: x + x p(x^2) near zero, elsewhere 1 - e^q(|x|),
/// where q approximates the logarithm of erfc.
MathExpr erfOf(MathExpr x) {
  // erf x / x - 1 on [0, 0.93] in x^2.
  MathExpr near = polynomial(x * x, {0.12837915, -0.3761248, 0.112816826,
                                     -0.02676172, 0.00498594, -0.0005953739});
  near = fma(near, x, x);
  // log erfc on [0.92, 4]; erfc 4 = 1.5e-8 is negligible beside 1.
  MathExpr t = x.abs();
  t = select(t > 4.0, x.constant(4.0), t);
  MathExpr q =
      polynomial(t, {-0.00019566654, -1.1276757, -0.6371822, -0.103931665,
                     0.022226956, -0.0030432267, 0.00019593826});
  MathExpr far = withSign(x.constant(1.0) - expWithin(q), x);
  return select(t > 0.92, far, near);
}

/// Replaces an f32 function by its formula.
template <typename Op, MathExpr (*formula)(MathExpr)>
struct Expand : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    rewriter.replaceOp(
        op, Value(formula(MathExpr(rewriter, op.getLoc(), op.getOperand()))));
    return success();
  }
};

/// Expands powers with the exponents that normalisations use into products and
/// square roots. The special cases equal those of C's pow: -0 gives +0 and
/// minus infinity gives plus infinity. Roots of other negative numbers are NaN.
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
    MathExpr x(rewriter, loc, op.getLhs());
    if (exponent == 2) {
      rewriter.replaceOp(op, Value(x * x));
      return success();
    }
    if (exponent != 0.5 && exponent != 0.75)
      return failure();
    MathExpr root = (x + 0.0).sqrt();
    if (exponent == 0.75)
      root = root * root.sqrt();
    rewriter.replaceOp(
        op, Value(select(x == -infinity, x.constant(infinity), root)));
    return success();
  }
};

struct ApproximateMath : dlc::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandConstantPower>(&getContext(), /*benefit=*/20);
    patterns.add<Expand<math::ExpOp, expOf>>(&getContext(), /*benefit=*/10);
    populateApproximateMathInF64Patterns(patterns);
    // Upstream's tanh (a quotient of polynomials) and erf (piecewise) are
    // shorter, but off by up to 5 ULP.
    if (!fast)
      patterns.add<Expand<math::TanhOp, tanhOf>, Expand<math::ErfOp, erfOf>>(
          &getContext(), /*benefit=*/10);
    // Not sine and cosine: the patterns in f64 have expanded them, and libm
    // takes the large angles that they leave.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return name != math::SinOp::getOperationName() &&
             name != math::CosOp::getOperationName();
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
