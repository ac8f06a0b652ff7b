//===- MergeScans.cpp - Scans side by side in one loop --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Analysis/TopologicalSortUtils.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_MERGESCANS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {
struct MergeScans : dlc::impl::MergeScansBase<MergeScans> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation()->walk([&](ScanOp scan) {
      if (!llvm::is_contained(blocks, scan->getBlock()))
        blocks.push_back(scan->getBlock());
    });
    for (Block *block : blocks)
      while (mergeTwo(*block)) {
      }
  }

private:
  /// Whether both take the same steps in the same order.
  static bool haveSameSteps(ScanOp a, ScanOp b) {
    if (a.getAxis() != b.getAxis() || a.getReverse() != b.getReverse() ||
        a.getLengths() != b.getLengths() || a.getYield().getUntil() ||
        b.getYield().getUntil())
      return false;
    int64_t steps = a.getStaticSteps();
    if (!ShapedType::isDynamic(steps))
      return steps == b.getStaticSteps();
    return (a.getSteps() && a.getSteps() == b.getSteps()) ||
           llvm::any_of(a.getInputs(), [&](Value input) {
             return llvm::is_contained(b.getInputs(), input);
           });
  }

  static bool dependsOn(Operation *op, Operation *on,
                        llvm::DenseSet<Operation *> &seen) {
    bool found = false;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *producer = operand.getDefiningOp();
        if (!producer || producer->getBlock() != on->getBlock() || found)
          continue;
        found |= producer == on || (seen.insert(producer).second &&
                                    dependsOn(producer, on, seen));
      }
    });
    return found;
  }

  static bool mergeTwo(Block &block) {
    SmallVector<ScanOp> scans(block.getOps<ScanOp>());
    for (size_t j = 1; j < scans.size(); ++j)
      for (size_t i = 0; i < j; ++i) {
        llvm::DenseSet<Operation *> seen;
        if (!haveSameSteps(scans[i], scans[j]) ||
            dependsOn(scans[j], scans[i], seen))
          continue;
        merge(scans[i], scans[j]);
        // Users of the first scan may precede both.
        (void)sortTopologically(&block);
        return true;
      }
    return false;
  }

  static void merge(ScanOp a, ScanOp b) {
    auto join = [](ValueRange x, ValueRange y) {
      SmallVector<Value> all(x);
      llvm::append_range(all, y);
      return all;
    };
    OpBuilder builder(b);
    auto both = ScanOp::create(
        builder, builder.getFusedLoc({a.getLoc(), b.getLoc()}),
        join(a.getInitial(), b.getInitial()),
        join(a.getInputs(), b.getInputs()), b.getLengths(),
        a.getSteps() ? a.getSteps() : b.getSteps(), b.getAxis(), b.getReverse(),
        [&](OpBuilder &nested, Location loc, ValueRange states,
            ValueRange elements) {
          IRMapping mapping;
          for (ScanOp scan : {a, b}) {
            mapping.map(scan.getStates(),
                        states.take_front(scan.getInitial().size()));
            mapping.map(scan.getElements(),
                        elements.take_front(scan.getInputs().size()));
            states = states.drop_front(scan.getInitial().size());
            elements = elements.drop_front(scan.getInputs().size());
            for (Operation &op : scan.getBody().front().without_terminator())
              nested.clone(op, mapping);
          }
          auto look = [&](ValueRange values) {
            SmallVector<Value> result;
            for (Value value : values)
              result.push_back(mapping.lookupOrDefault(value));
            return result;
          };
          YieldOp::create(
              nested, loc,
              look(join(a.getYield().getStates(), b.getYield().getStates())),
              look(join(a.getYield().getOutputs(), b.getYield().getOutputs())),
              Value());
        });
    ValueRange finals = both.getFinals(), outputs = both.getOutputs();
    for (ScanOp scan : {a, b}) {
      scan.replaceAllUsesWith(
          join(finals.take_front(scan.getFinals().size()),
               outputs.take_front(scan.getOutputs().size())));
      finals = finals.drop_front(scan.getFinals().size());
      outputs = outputs.drop_front(scan.getOutputs().size());
      scan.erase();
    }
  }
};
} // namespace
