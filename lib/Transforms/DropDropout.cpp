//===- DropDropout.cpp - Dropout at inference -----------------------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"

namespace dlc {
#define GEN_PASS_DEF_DROPDROPOUT
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {
struct DropDropout : dlc::impl::DropDropoutBase<DropDropout> {
  void runOnOperation() override {
    getOperation()->walk([](dlc::dl::DropoutOp op) {
      op.replaceAllUsesWith(op.getX());
      op.erase();
    });
  }
};
} // namespace
