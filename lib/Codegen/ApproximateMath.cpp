//===- ApproximateMath.cpp - f32 functions as polynomials ---------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct ApproximateMath : dlc::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
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
