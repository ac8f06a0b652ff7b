//===- Decompose.cpp - Ops that others describe, spelled out --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_DECOMPOSE
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {
struct Decompose : dlc::impl::DecomposeBase<Decompose> {
  void runOnOperation() override {
    // The decomposition of an op may contain ops that decompose themselves.
    for (bool isDone = false; !isDone;) {
      SmallVector<DecomposableOpInterface> ops;
      getOperation()->walk(
          [&](DecomposableOpInterface op) { ops.push_back(op); });
      isDone = ops.empty();
      for (DecomposableOpInterface op : ops) {
        OpBuilder b(op);
        op->replaceAllUsesWith(decompose(op, b));
        op->erase();
      }
    }
  }
};
} // namespace
