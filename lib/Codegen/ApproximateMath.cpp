//===- ApproximateMath.cpp - f32 functions as polynomials ---------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Powers with the exponents of normalisations, by roots and products; equal to
/// C's pow in the special cases as well: -0 gives +0, minus infinity gives plus
/// infinity, below 0 there is none.
struct ExpandPower : OpRewritePattern<math::PowFOp> {
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
    Value x = op.getLhs();
    Location loc = op.getLoc();
    if (exponent == 2) {
      rewriter.replaceOpWithNewOp<arith::MulFOp>(op, x, x);
      return success();
    }
    if (exponent != 0.5 && exponent != 0.75)
      return failure();
    auto constant = [&](double value) -> Value {
      TypedAttr attribute = rewriter.getFloatAttr(scalar.getType(), value);
      if (auto type = dyn_cast<ShapedType>(x.getType()))
        attribute = DenseElementsAttr::get(type, Attribute(attribute));
      return arith::ConstantOp::create(rewriter, loc, attribute);
    };
    double infinity = std::numeric_limits<double>::infinity();
    Value root = math::SqrtOp::create(
        rewriter, loc,
        arith::AddFOp::create(rewriter, loc, x, constant(0)).getResult());
    if (exponent == 0.75)
      root = arith::MulFOp::create(rewriter, loc, root,
                                   math::SqrtOp::create(rewriter, loc, root));
    Value below = arith::CmpFOp::create(
        rewriter, loc, arith::CmpFPredicate::OEQ, x, constant(-infinity));
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, below, constant(infinity),
                                                 root);
    return success();
  }
};

struct ApproximateMath : dlc::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandPower>(&getContext(), /*benefit=*/10);
    // Upstream's sine and cosine lose some twenty units in the last place near
    // their zeros, its arc tangent forty; libm's do not.
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
