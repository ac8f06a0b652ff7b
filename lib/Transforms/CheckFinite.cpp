//===- CheckFinite.cpp - A check after every op ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Support/Format.h"
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
  StringRef name = op->getName().getStringRef();
  if (auto place = op->getLoc()->findInstanceOf<FileLineColLoc>())
    return fmt::format(FMT_STRING("{} at {}:{}:{}"), name,
                       llvm::sys::path::filename(place.getFilename()),
                       place.getLine(), place.getColumn());
  return name.str();
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
