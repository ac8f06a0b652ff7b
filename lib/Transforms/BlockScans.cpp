//===- BlockScans.cpp - Products of a scan's inputs, a block at a time ----===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/ScanGroups.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "dlc/Transforms/Transforms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_BLOCKSCANS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

struct BlockScans : dlc::impl::BlockScansBase<BlockScans> {
  void runOnOperation() override {
    // Weights and states stay in the cache too.
    blockBytes =
        codegen::targetsOf(getOperation()).front().residentCacheBytes();
    for (ScanOp scan : outermostScans(getOperation()))
      block(scan);
  }

private:
  /// The product that computes an input, if only the scan reads it.
  static DenseOp productOf(ScanOp scan, Value input) {
    auto dense = input.getDefiningOp<DenseOp>();
    return dense && dense->hasOneUse() &&
                   tensorType(dense.getX()).hasStaticShape() &&
                   int64_t(scan.getAxis()) <
                       tensorType(dense.getX()).getRank() - 1
               ? dense
               : DenseOp();
  }

  /// The divisor of `steps` nearest to `wanted`; 0 if none is within a factor
  /// of 3.
  static int64_t chooseBlock(int64_t steps, int64_t wanted) {
    int64_t best = 0;
    double bestRatio = 3;
    // Only nearby sizes are tried: the number of steps may be huge.
    for (int64_t size = std::max<int64_t>(2, wanted / 3);
         size <= std::min(3 * wanted, steps / 2); ++size) {
      double ratio = double(size) / wanted;
      ratio = std::max(ratio, 1 / ratio);
      if (steps % size == 0 && ratio < bestRatio) {
        best = size;
        bestRatio = ratio;
      }
    }
    return best;
  }

  void block(ScanOp scan) {
    if (!hasPlainSteps(scan))
      return;
    int64_t steps = scan.getStaticSteps(), axis = scan.getAxis(), bytes = 0;
    for (Value input : scan.getInputs())
      if (productOf(scan, input))
        bytes += dlc::bytesOf(tensorType(input));
    if (bytes <= 4 * blockBytes)
      return;
    int64_t size =
        chooseBlock(steps, std::max<int64_t>(2, blockBytes / (bytes / steps)));
    if (!size)
      return;
    OpBuilder b(scan);
    Location loc = scan.getLoc();
    SmallVector<Value> inputs;
    SmallVector<DenseOp> products;
    for (Value input : scan.getInputs()) {
      products.push_back(productOf(scan, input));
      inputs.push_back(
          groupSteps(b, loc, products.back() ? products.back().getX() : input,
                     axis, size));
    }
    Value count;
    if (scan.getSteps())
      count = arith::ConstantIndexOp::create(b, loc, steps / size);
    auto blocks = ScanOp::create(
        b, loc, scan.getInitial(), inputs, Value(), count, axis,
        scan.getReverse(),
        [&](OpBuilder &b, Location loc, ValueRange states, ValueRange parts) {
          SmallVector<Value> all;
          for (auto [part, dense] : llvm::zip(parts, products))
            all.push_back(dense ? DenseOp::create(b, dense->getLoc(), part,
                                                  dense.getWeights(),
                                                  dense.getBias())
                                      .getResult()
                                : part);
          Value inner;
          if (scan.getSteps())
            inner = arith::ConstantIndexOp::create(b, loc, size);
          auto block = ScanOp::create(b, loc, states, all, Value(), inner, axis,
                                      scan.getReverse(), copyCell(scan));
          YieldOp::create(b, loc, block.getFinals(), block.getOutputs(),
                          Value());
        });
    SmallVector<Value> results(blocks.getFinals());
    for (auto [output, old] : llvm::zip(blocks.getOutputs(), scan.getOutputs()))
      results.push_back(ReshapeOp::create(b, loc, old.getType(), output));
    scan.replaceAllUsesWith(results);
    scan.erase();
    for (DenseOp dense : products)
      if (dense)
        dense.erase();
  }

  /// What a block should have.
  int64_t blockBytes = 0;
};
} // namespace
