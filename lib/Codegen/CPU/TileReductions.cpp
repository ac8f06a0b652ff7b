//===- TileReductions.cpp - Steps of reductions ---------------------------===//

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace dlc::cpu;

namespace dlc {
#define GEN_PASS_DEF_TILEREDUCTIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct TileReductions : dlc::impl::TileReductionsBase<TileReductions> {
  using TileReductionsBase::TileReductionsBase;
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    Machine machine{vectorBits, vectorRegisters};
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.getNumReductionLoops() && op.hasPureTensorSemantics() &&
          isVectorizable(op))
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      SmallVector<int64_t> sizes = tileReductions(op, machine);
      SmallVector<int64_t> ranges = op.getStaticLoopRanges();
      for (auto [size, range] : llvm::zip(sizes, ranges))
        if (size == range)
          size = 0; // one step, no loop
      if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
        continue;
      auto options = scf::SCFTilingOptions().setTileSizes(
          getAsIndexOpFoldResult(&getContext(), sizes));
      rewriter.setInsertionPoint(op);
      FailureOr<scf::SCFTilingResult> result = scf::tileUsingSCF(
          rewriter, cast<TilingInterface>(op.getOperation()), options);
      if (failed(result)) {
        op->emitError("reduction could not be tiled");
        return signalPassFailure();
      }
      rewriter.replaceOp(op, result->replacements);
    }
  }
};
} // namespace
