//===- PipelineScans.cpp - Stacked layers one block of steps apart --------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/ScanGroups.h"
#include "dlc/Transforms/Transforms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_PIPELINESCANS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// The nanoseconds of all steps at the processor's peak below which two loops
/// at a time do not pay.
constexpr double leastTime = 21845;
/// The desired number of blocks. One block is computed alone at each end.
constexpr int64_t wantedBlocks = 8;

/// Multiply-adds of the products in a cell.
double workOf(ScanOp scan) {
  double work = 0;
  for (auto dense : scan.getBody().front().getOps<DenseOp>()) {
    auto y = tensorType(dense.getY());
    if (y.hasStaticShape())
      work +=
          y.getNumElements() *
          std::max<int64_t>(1, tensorType(dense.getWeights()).getDimSize(0));
  }
  return work;
}

/// Connects an output of the first scan to an input of the second, directly or
/// through a product.
struct Link {
  unsigned input, output;
  DenseOp product;
};

struct PipelineScans : dlc::impl::PipelineScansBase<PipelineScans> {
  void runOnOperation() override {
    Type f32 = Float32Type::get(&getContext());
    leastWork = leastTime *
                codegen::targetsOf(getOperation()).front().peakFlops(f32) / 2;
    llvm::DenseSet<Operation *> taken;
    for (ScanOp second : outermostScans(getOperation())) {
      auto first = firstOf(second);
      if (!first || taken.contains(first) || taken.contains(second))
        continue;
      taken.insert(first);
      taken.insert(second);
      pipeline(first, second);
    }
  }

private:
  static std::optional<Link> linkOf(Value value, unsigned input) {
    auto dense = value.getDefiningOp<DenseOp>();
    Value source = dense ? dense.getX() : value;
    auto scan = source.getDefiningOp<ScanOp>();
    if (!scan || (dense && !dense->hasOneUse()))
      return std::nullopt;
    // A product along the steps needs all of them. So does one whose weights
    // are outputs too.
    if (dense && (tensorType(source).getRank() < 2 ||
                  dense.getWeights() == source || dense.getBias() == source))
      return std::nullopt;
    unsigned number = cast<OpResult>(source).getResultNumber();
    if (number < scan.getFinals().size())
      return std::nullopt;
    return Link{input, unsigned(number - scan.getFinals().size()), dense};
  }

  /// The scan whose outputs `second` reads step by step, if it uses nothing
  /// else of that scan and if both have enough work.
  ScanOp firstOf(ScanOp second) const {
    if (!hasPlainSteps(second) || second.getReverse() || second.getAxis() ||
        second.getSteps())
      return {};
    ScanOp first;
    llvm::SmallPtrSet<Operation *, 4> readers{second};
    for (auto [i, input] : llvm::enumerate(second.getInputs()))
      if (auto link = linkOf(input, i)) {
        if (link->product)
          readers.insert(link->product);
        Value source = link->product ? link->product.getX() : input;
        auto scan = source.getDefiningOp<ScanOp>();
        if (first && first != scan)
          return {};
        first = scan;
      }
    if (!first || !hasPlainSteps(first) || first.getReverse() ||
        first.getAxis() || first.getSteps() ||
        first->getBlock() != second->getBlock())
      return {};
    int64_t steps = first.getStaticSteps();
    if (steps != second.getStaticSteps() ||
        steps * std::min(workOf(first), workOf(second)) < leastWork ||
        !chooseBlock(steps))
      return {};
    // No other result of the first scan may reach the second, neither through
    // its initial states nor through live-in values of its cell. Nor may any
    // other op use the outputs of all steps.
    for (Value result : first.getResults())
      for (Operation *user : result.getUsers()) {
        bool isFinal =
            cast<OpResult>(result).getResultNumber() < first.getFinals().size();
        Operation *at = second->getBlock()->findAncestorOpInBlock(*user);
        if (isFinal ? !at || !second->isBeforeInBlock(at)
                    : !readers.contains(user))
          return {};
      }
    for (Value init : second.getInitial())
      if (llvm::is_contained(first.getResults(), init))
        return {};
    return first;
  }

  static int64_t chooseBlock(int64_t steps) {
    for (int64_t more = 0; more < wantedBlocks / 2; ++more)
      for (int64_t blocks : {wantedBlocks + more, wantedBlocks - more})
        if (steps % blocks == 0 && steps / blocks >= 2)
          return steps / blocks;
    return 0;
  }

  /// The same scan over a part of its steps.
  static ScanOp cloneOver(OpBuilder &b, ScanOp scan, ValueRange states,
                          ValueRange inputs) {
    return ScanOp::create(
        b, scan.getLoc(), states, inputs, Value(), Value(), 0, false,
        [&](OpBuilder &nested, Location, ValueRange now, ValueRange elements) {
          IRMapping mapping;
          mapping.map(scan.getStates(), now);
          mapping.map(scan.getElements(), elements);
          for (Operation &op : scan.getBody().front())
            nested.clone(op, mapping);
        });
  }

  void pipeline(ScanOp first, ScanOp second) {
    OpBuilder b(second);
    Location loc = second.getLoc();
    int64_t steps = first.getStaticSteps(), size = chooseBlock(steps),
            blocks = steps / size;
    SmallVector<std::optional<Link>> links;
    for (auto [i, input] : llvm::enumerate(second.getInputs()))
      links.push_back(linkOf(input, i));
    auto part = [&](Value x, int64_t begin, int64_t end) -> Value {
      return SliceOp::create(b, loc, x, 0, begin * size, end * size);
    };
    auto parts = [&](ValueRange values, int64_t begin, int64_t end) {
      SmallVector<Value> result;
      for (Value value : values)
        result.push_back(part(value, begin, end));
      return result;
    };
    // The inputs of the second scan for a block, from the outputs of the first.
    auto feed = [&](OpBuilder &b, ValueRange outputs, ValueRange others) {
      SmallVector<Value> inputs;
      size_t other = 0;
      for (std::optional<Link> link : links) {
        if (!link) {
          inputs.push_back(others[other++]);
          continue;
        }
        Value x = outputs[link->output];
        if (link->product)
          x = DenseOp::create(b, link->product.getLoc(), x,
                              link->product.getWeights(),
                              link->product.getBias());
        inputs.push_back(x);
      }
      return inputs;
    };
    SmallVector<Value> others;
    for (auto [link, input] : llvm::zip(links, second.getInputs()))
      if (!link)
        others.push_back(input);

    ScanOp start =
        cloneOver(b, first, first.getInitial(), parts(first.getInputs(), 0, 1));
    // The states of both scans, and the block that connects them.
    size_t a = first.getInitial().size(), c = second.getInitial().size();
    SmallVector<Value> states(start.getFinals());
    llvm::append_range(states, second.getInitial());
    llvm::append_range(states, start.getOutputs());
    SmallVector<Value> inputs;
    for (Value x : parts(first.getInputs(), 1, blocks))
      inputs.push_back(groupSteps(b, loc, x, 0, size));
    size_t own = inputs.size();
    for (Value x : parts(others, 0, blocks - 1))
      inputs.push_back(groupSteps(b, loc, x, 0, size));
    auto both = ScanOp::create(
        b, loc, states, inputs, Value(), Value(), 0, false,
        [&](OpBuilder &b, Location loc, ValueRange now, ValueRange elements) {
          ScanOp ahead =
              cloneOver(b, first, now.take_front(a), elements.take_front(own));
          ScanOp behind = cloneOver(
              b, second, now.slice(a, c),
              feed(b, now.drop_front(a + c), elements.drop_front(own)));
          SmallVector<Value> next(ahead.getFinals());
          llvm::append_range(next, behind.getFinals());
          llvm::append_range(next, ahead.getOutputs());
          YieldOp::create(b, loc, next, behind.getOutputs(), Value());
        });
    ScanOp end = cloneOver(b, second, both.getFinals().slice(a, c),
                           feed(b, both.getFinals().drop_front(a + c),
                                parts(others, blocks - 1, blocks)));
    SmallVector<Value> results(end.getFinals());
    for (auto [most, last] : llvm::zip(both.getOutputs(), end.getOutputs())) {
      auto type = tensorType(last);
      Shape shape(type.getShape());
      shape[0] = (blocks - 1) * size;
      Value flat = ReshapeOp::create(b, loc, type.clone(shape), most);
      results.push_back(ConcatOp::create(b, loc, ValueRange{flat, last},
                                         b.getI64IntegerAttr(0)));
    }
    second.replaceAllUsesWith(results);
    for (auto [old, now] :
         llvm::zip(first.getFinals(), both.getFinals().take_front(a)))
      old.replaceAllUsesWith(now);
    second.erase();
    for (std::optional<Link> link : links)
      if (link && link->product)
        link->product.erase();
    first.erase();
  }

  double leastWork = 0;
};
} // namespace
