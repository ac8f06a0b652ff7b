//===- ExpandCopies.cpp - Strided copies as loops -----------------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_EXPANDCOPIES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct ExpandCopies : dlc::impl::ExpandCopiesBase<ExpandCopies> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::CopyOp copy) {
      auto isDense = [](Value buffer) {
        return cast<MemRefType>(buffer.getType()).getLayout().isIdentity();
      };
      if (isDense(copy.getSource()) && isDense(copy.getTarget()))
        return;
      rewriter.setInsertionPoint(copy);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(),
                                                  copy.getTarget());
    });
  }
};
} // namespace
