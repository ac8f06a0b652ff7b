//===- DropEmptyLoops.cpp - Loops without iterations ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_DROPEMPTYLOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct DropEmptyLoops : dlc::impl::DropEmptyLoopsBase<DropEmptyLoops> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> empty;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() &&
          llvm::is_contained(op.getStaticLoopRanges(), 0))
        empty.push_back(op);
    });
    for (linalg::LinalgOp op : empty) {
      op->replaceAllUsesWith(op.getDpsInits());
      op->erase();
    }
  }
};
} // namespace
