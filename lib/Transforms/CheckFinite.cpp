//===- CheckFinite.cpp - A check behind every op --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_CHECKFINITE
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

/// `dl.log at net.mlir:7:3`
static std::string describe(Operation *op) {
  std::string text = op->getName().getStringRef().str();
  if (auto place = op->getLoc()->findInstanceOf<FileLineColLoc>())
    text += " at " + llvm::sys::path::filename(place.getFilename()).str() +
            ":" + std::to_string(place.getLine()) + ":" +
            std::to_string(place.getColumn());
  return text;
}

namespace {
struct CheckFinite : dlc::impl::CheckFiniteBase<CheckFinite> {
  void runOnOperation() override {
    for (Operation &op :
         llvm::make_early_inc_range(getOperation().getBody().front())) {
      if (!isa<DLDialect>(op.getDialect()) || isa<RequireFiniteOp>(op))
        continue;
      OpBuilder b(op.getContext());
      b.setInsertionPointAfter(&op);
      for (Value result : op.getResults()) {
        auto type = dyn_cast<RankedTensorType>(result.getType());
        if (!type || !isa<Float32Type, Float64Type, Float16Type, BFloat16Type>(
                         type.getElementType()))
          continue;
        auto check =
            RequireFiniteOp::create(b, op.getLoc(), result, describe(&op));
        result.replaceAllUsesExcept(check, check);
      }
    }
  }
};
} // namespace
