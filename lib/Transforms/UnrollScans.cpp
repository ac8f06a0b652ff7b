//===- UnrollScans.cpp - Several steps an iteration -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/ScanGroups.h"
#include "dlc/Transforms/Transforms.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_UNROLLSCANS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {
struct UnrollScans : dlc::impl::UnrollScansBase<UnrollScans> {
  using UnrollScansBase::UnrollScansBase;

  void runOnOperation() override {
    if (factor < 1) {
      getOperation()->emitError("unroll factor ")
          << int64_t(factor) << ", expected 1 or more";
      return signalPassFailure();
    }
    if (factor == 1)
      return;
    SmallVector<ScanOp> scans;
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      unroll(scan);
  }

private:
  void unroll(ScanOp scan) {
    int64_t steps = scan.getStaticSteps(), axis = scan.getAxis();
    YieldOp yield = scan.getYield();
    if (!hasPlainSteps(scan) || steps < factor || steps % factor)
      return;
    OpBuilder b(scan);
    Location loc = scan.getLoc();
    SmallVector<Value> inputs;
    for (Value input : scan.getInputs())
      inputs.push_back(groupSteps(b, loc, input, axis, factor));
    Value count;
    if (scan.getSteps())
      count = arith::ConstantIndexOp::create(b, loc, steps / factor);
    auto unrolled = ScanOp::create(
        b, loc, scan.getInitial(), inputs, Value(), count, axis,
        scan.getReverse(),
        [&](OpBuilder &b, Location loc, ValueRange first, ValueRange elements) {
          SmallVector<Value> states(first);
          SmallVector<SmallVector<Value>> outputs(yield.getOutputs().size(),
                                                  SmallVector<Value>(factor));
          for (int64_t i = 0; i < factor; ++i) {
            int64_t at = scan.getReverse() ? factor - 1 - i : i;
            IRMapping mapping;
            mapping.map(scan.getStates(), states);
            for (auto [old, element] : llvm::zip(scan.getElements(), elements))
              mapping.map(old, step(b, loc, element, axis, at));
            for (Operation &op : scan.getBody().front().without_terminator())
              b.clone(op, mapping);
            for (auto [state, next] : llvm::zip(states, yield.getStates()))
              state = mapping.lookupOrDefault(next);
            for (auto [parts, output] : llvm::zip(outputs, yield.getOutputs()))
              parts[at] = mapping.lookupOrDefault(output);
          }
          SmallVector<Value> groups;
          for (SmallVector<Value> &parts : outputs)
            groups.push_back(gather(b, loc, parts, axis));
          YieldOp::create(b, loc, states, groups, Value());
        });
    SmallVector<Value> results(unrolled.getFinals());
    for (auto [output, old] :
         llvm::zip(unrolled.getOutputs(), scan.getOutputs()))
      results.push_back(ReshapeOp::create(b, loc, old.getType(), output));
    scan.replaceAllUsesWith(results);
    scan.erase();
  }

  /// Step `at` of a group, without the dimension of steps.
  static Value step(OpBuilder &b, Location loc, Value group, int64_t axis,
                    int64_t at) {
    auto type = tensorType(group);
    Value one = SliceOp::create(b, loc, group, axis, at, at + 1);
    return ReshapeOp::create(b, loc, ScanOp::elementType(type, axis), one);
  }

  /// Stacks the steps of a group.
  static Value gather(OpBuilder &b, Location loc, ArrayRef<Value> steps,
                      int64_t axis) {
    SmallVector<Value> parts;
    for (Value value : steps)
      parts.push_back(ReshapeOp::create(
          b, loc, ScanOp::allStepsType(tensorType(value), axis, 1), value));
    return ConcatOp::create(b, loc, parts, b.getI64IntegerAttr(axis));
  }
};
} // namespace
