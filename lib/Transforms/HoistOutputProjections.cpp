//===- HoistOutputProjections.cpp - Products after a scan -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

namespace dlc {
#define GEN_PASS_DEF_HOISTOUTPUTPROJECTIONS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// How one result of a scan is computed after its product has been hoisted.
struct Hoisted {
  enum Kind { None, Projection, ProductSum, RowSum } kind = None;
  Value left, right;   // values of the cell: rows that are multiplied or summed
  Value weights, bias; // live-in values
};

class Hoister {
public:
  explicit Hoister(ScanOp scan) : scan(scan), yield(scan.getYield()) {}

  bool run() {
    if (scan.getLengths() || yield.getUntil())
      return false;
    bool found = false;
    for (auto [i, state] : llvm::enumerate(scan.getStates())) {
      states.push_back(readSum(state, yield.getStates()[i]));
      found |= states.back().kind != Hoisted::None;
    }
    for (Value output : yield.getOutputs()) {
      outputs.push_back(readProjection(output));
      found |= outputs.back().kind != Hoisted::None;
    }
    if (found)
      rebuild();
    return found;
  }

private:
  bool isInside(Value value) {
    return scan.getBody().isAncestor(value.getParentRegion());
  }

  /// Whether all steps of a value can be stacked along the scan's axis.
  bool fits(Value value) {
    return isInside(value) &&
           int64_t(scan.getAxis()) <= tensorType(value).getRank() - 1;
  }

  /// Matches state' = state + a' g, or state' = state + (g summed over its
  /// rows).
  Hoisted readSum(Value state, Value next) {
    auto add = next.getDefiningOp<AddOp>();
    if (!add || !isInside(next) || !state.hasOneUse() || !next.hasOneUse() ||
        (add.getA() != state && add.getB() != state) ||
        next.getType() != state.getType())
      return {};
    Value more = add.getA() == state ? add.getB() : add.getA();
    Operation *op = more.getDefiningOp();
    if (!op || !more.hasOneUse() || more.getType() != state.getType())
      return {};
    if (auto sum = dyn_cast<ReduceSumOp>(op)) {
      auto axes = sum.getAxes();
      if (axes && axes->size() == 1 && axes->front() == 0 &&
          !sum.getKeepDims() && tensorType(sum.getX()).getRank() == 2 &&
          fits(sum.getX()))
        return {Hoisted::RowSum, sum.getX(), {}, {}, {}};
      return {};
    }
    Value left, right;
    if (auto product = dyn_cast<MatmulOp>(op)) {
      left = product.getA();
      right = product.getB();
    } else if (auto product = dyn_cast<DenseOp>(op);
               product && !product.getBias()) {
      left = product.getX();
      right = product.getWeights();
    }
    auto transpose = left ? left.getDefiningOp<TransposeOp>() : TransposeOp();
    if (!transpose || tensorType(left).getRank() != 2 ||
        tensorType(right).getRank() != 2 ||
        transpose.getPermutation() != ArrayRef<int64_t>{1, 0} ||
        !fits(transpose.getX()) || !fits(right))
      return {};
    return {Hoisted::ProductSum, transpose.getX(), right, {}, {}};
  }

  /// Matches an output that is a product with live-in weights.
  Hoisted readProjection(Value output) {
    auto dense = output.getDefiningOp<DenseOp>();
    if (!dense || !isInside(output) || !output.hasOneUse() ||
        isInside(dense.getWeights()) ||
        (dense.getBias() && isInside(dense.getBias())) || !fits(dense.getX()))
      return {};
    return {Hoisted::Projection,
            dense.getX(),
            {},
            dense.getWeights(),
            dense.getBias()};
  }

  /// All steps of a value: an input of the scan, or a new output.
  size_t require(Value value) {
    for (auto [i, known] : llvm::enumerate(extra))
      if (known == value)
        return i;
    extra.push_back(value);
    return extra.size() - 1;
  }
  Value allSteps(ScanOp changed, size_t firstExtra, Value value) {
    for (auto [element, input] :
         llvm::zip(scan.getElements(), scan.getInputs()))
      if (value == element)
        return input;
    return changed.getOutputs()[firstExtra + require(value)];
  }

  void rebuild() {
    auto ask = [&](Value value) {
      if (value && !llvm::is_contained(scan.getElements(), value))
        require(value);
    };
    for (auto *list : {&states, &outputs})
      for (const Hoisted &one : *list) {
        ask(one.left);
        ask(one.right);
      }
    SmallVector<Value> initial;
    for (auto [init, one] : llvm::zip(scan.getInitial(), states))
      if (one.kind == Hoisted::None)
        initial.push_back(init);
    OpBuilder b(scan);
    size_t kept = llvm::count_if(
        outputs, [](const Hoisted &one) { return one.kind == Hoisted::None; });
    auto changed = ScanOp::create(
        b, scan.getLoc(), initial, scan.getInputs(), scan.getLengths(),
        scan.getSteps(), scan.getAxis(), scan.getReverse(),
        [&](OpBuilder &inner, Location loc, ValueRange newStates,
            ValueRange elements) {
          IRMapping mapping;
          size_t at = 0;
          // Nobody reads a state whose sum has been hoisted, so any value of
          // its type may stand for it.
          for (auto [i, state] : llvm::enumerate(scan.getStates()))
            mapping.map(state, states[i].kind == Hoisted::None
                                   ? newStates[at++]
                                   : Value(scan.getInitial()[i]));
          mapping.map(scan.getElements(), elements);
          for (Operation &op : scan.getBody().front().without_terminator())
            inner.clone(op, mapping);
          SmallVector<Value> next, given;
          for (auto [value, one] : llvm::zip(yield.getStates(), states))
            if (one.kind == Hoisted::None)
              next.push_back(mapping.lookupOrDefault(value));
          for (auto [value, one] : llvm::zip(yield.getOutputs(), outputs))
            if (one.kind == Hoisted::None)
              given.push_back(mapping.lookupOrDefault(value));
          for (Value value : extra)
            given.push_back(mapping.lookupOrDefault(value));
          YieldOp::create(inner, loc, next, given, Value());
        });
    size_t at = 0;
    auto rows = [&](Value value) {
      return TensorExpr(b, scan.getLoc(), allSteps(changed, kept, value))
          .asMatrix();
    };
    for (auto [i, one] : llvm::enumerate(states)) {
      Value old = scan.getFinals()[i];
      if (one.kind == Hoisted::None) {
        old.replaceAllUsesWith(changed.getFinals()[at++]);
        continue;
      }
      TensorExpr sum =
          one.kind == Hoisted::RowSum
              ? rows(one.left).sum({0}, /*keepDims=*/false)
              : matmul(rows(one.left).transpose(), rows(one.right));
      // Most sums begin at zero.
      Value first = scan.getInitial()[i];
      if (!matchPattern(first, m_AnyZeroFloat()))
        sum = sum.with(first) + sum;
      // The inferred type may be less specific than that of the state.
      Value result = sum;
      if (result.getType() != old.getType())
        result =
            tensor::CastOp::create(b, scan.getLoc(), old.getType(), result);
      old.replaceAllUsesWith(result);
    }
    at = 0;
    for (auto [i, one] : llvm::enumerate(outputs)) {
      Value old = scan.getOutputs()[i];
      if (one.kind == Hoisted::None) {
        old.replaceAllUsesWith(changed.getOutputs()[at++]);
        continue;
      }
      old.replaceAllUsesWith(DenseOp::create(b, scan.getLoc(), old.getType(),
                                             allSteps(changed, kept, one.left),
                                             one.weights, one.bias)
                                 .getResult());
    }
    scan.erase();
  }

  ScanOp scan;
  YieldOp yield;
  SmallVector<Hoisted> states, outputs;
  SmallVector<Value> extra; // values of the cell that become outputs
};

struct HoistOutputProjections
    : dlc::impl::HoistOutputProjectionsBase<HoistOutputProjections> {
  void runOnOperation() override {
    SmallVector<ScanOp> scans;
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      Hoister(scan).run();
  }
};
} // namespace
