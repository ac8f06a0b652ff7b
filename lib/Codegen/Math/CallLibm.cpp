//===- CallLibm.cpp - Calls of libm for the remaining functions -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CALLLIBM
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct CallLibm : dlc::impl::CallLibmBase<CallLibm> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathToLibmConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalOp<
        math::AcosOp, math::AcoshOp, math::AsinOp, math::AsinhOp, math::AtanOp,
        math::AtanhOp, math::Atan2Op, math::CosOp, math::CoshOp, math::ErfOp,
        math::ExpOp, math::Exp2Op, math::ExpM1Op, math::LogOp, math::Log1pOp,
        math::Log2Op, math::Log10Op, math::PowFOp, math::SinOp, math::SinhOp,
        math::TanOp, math::TanhOp>();
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
