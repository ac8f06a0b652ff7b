//===- ExpandCopies.cpp - Strided copies as loops -----------------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
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
      // Casts fold away later, and with them what they hide: in branches and
      // loops as well, whose results are then of another type.
      auto isDense = [](Value buffer) {
        while (auto cast = buffer.getDefiningOp<memref::CastOp>())
          buffer = cast.getSource();
        Operation *made = buffer.getDefiningOp();
        bool isPassedOn =
            made ? isa<RegionBranchOpInterface>(made)
                 : !isa<FunctionOpInterface>(
                       buffer.getParentBlock()->getParentOp());
        if (isPassedOn)
          return false;
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
