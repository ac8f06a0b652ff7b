//===- UnshareDestinations.cpp - A chain of writes for each result --------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_UNSHAREDESTINATIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct UnshareDestinations
    : dlc::impl::UnshareDestinationsBase<UnshareDestinations> {
  void runOnOperation() override {
    SmallVector<DestinationStyleOpInterface> writers;
    getOperation()->walk(
        [&](DestinationStyleOpInterface op) { writers.push_back(op); });
    for (DestinationStyleOpInterface writer : writers)
      for (OpOperand &destination : writer.getDpsInitsMutable())
        unshare(destination);
  }

  /// Gives the operand a producer of its own, all the way to the empty tensor.
  void unshare(OpOperand &destination) {
    Operation *producer = destination.get().getDefiningOp();
    if (!isa_and_present<tensor::EmptyOp, linalg::FillOp,
                         tensor::InsertSliceOp>(producer))
      return;
    // A tile read from it goes back into it: no second result.
    auto others =
        llvm::make_filter_range(producer->getUses(), [](OpOperand &use) {
          return !isa<tensor::ExtractSliceOp>(use.getOwner());
        });
    if (llvm::hasSingleElement(others))
      return;
    OpBuilder b(producer);
    b.setInsertionPointAfter(producer);
    Operation *copy = b.clone(*producer);
    destination.set(copy->getResult(0));
    if (auto writer = dyn_cast<DestinationStyleOpInterface>(copy))
      for (OpOperand &next : writer.getDpsInitsMutable())
        unshare(next);
  }
};
} // namespace
