//===- UnrollShortLoops.cpp - Unrolling of short loops --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_UNROLLSHORTLOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// The maximum number of arithmetic instructions of an unrolled loop: some
/// kilobytes of straight-line code, which leave room in the instruction cache.
constexpr int64_t maxInstructions = 256;
/// Lanes of one vector instruction, on processors with the widest vectors.
constexpr int64_t widest = 16;
constexpr int64_t maxIterations = 9;

struct UnrollShortLoops : dlc::impl::UnrollShortLoopsBase<UnrollShortLoops> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    // The walk visits inner loops first.
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops) {
      if (!llvm::any_of(loop.getRegionIterArgs(), [](Value value) {
            return isa<VectorType>(value.getType());
          }))
        continue;
      std::optional<APInt> iterations = loop.getStaticTripCount();
      if (!iterations || iterations->sgt(maxIterations))
        continue;
      std::optional<int64_t> instructions = countInstructions(loop);
      if (instructions &&
          *instructions * iterations->getSExtValue() <= maxInstructions)
        (void)loopUnrollFull(loop);
    }
  }

  /// Estimates the instructions of one iteration; nothing if it contains loops.
  static std::optional<int64_t> countInstructions(scf::ForOp loop) {
    int64_t count = 0;
    auto add = [&](ArrayRef<int64_t> extents, int64_t columns) {
      count += ShapedType::getNumElements(extents) / columns *
               llvm::divideCeil(columns, widest);
    };
    for (Operation &op : loop.getBody()->without_terminator()) {
      if (op.getNumRegions())
        return std::nullopt;
      if (auto contract = dyn_cast<vector::ContractionOp>(op)) {
        SmallVector<int64_t> extents;
        contract.getIterationBounds(extents);
        auto result = dyn_cast<VectorType>(contract.getResultType());
        add(extents, result ? result.getShape().back() : 1);
      } else if (op.getNumResults() == 1 && !isa<vector::BroadcastOp>(op)) {
        if (auto type = dyn_cast<VectorType>(op.getResult(0).getType());
            type && type.getRank() && isMemoryEffectFree(&op))
          add(type.getShape(), type.getShape().back());
      }
    }
    return count;
  }
};
} // namespace
