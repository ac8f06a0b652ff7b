//===- HoistInputProjections.cpp - Products that leave a scan -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_HOISTINPUTPROJECTIONS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// Finds what depends only on the elements of a scan, and computes it for all
/// steps before the scan.
class Hoister {
public:
  explicit Hoister(ScanOp scan) : scan(scan), b(scan) {
    for (Value element : scan.getElements())
      isStepwise.insert(element);
    for (Operation &op : scan.getBody().front().without_terminator())
      if (canDoAllSteps(&op))
        isStepwise.insert(op.getResult(0));
  }

  /// Whether a value of the cell is independent of the states.
  bool isFree(Value value) {
    return isStepwise.contains(value) || isOutside(value);
  }

  /// The values that become inputs.
  SmallVector<Value> run() {
    // Only products are hoisted, with the ops that they need. Arithmetic by
    // itself stays in the cell, where its operands are in registers.
    SmallVector<Value> found;
    for (auto dense : scan.getBody().front().getOps<DenseOp>())
      if (isStepwise.contains(dense.getY()))
        found.push_back(dense.getY());
    // Drops products that only other hoisted products use.
    llvm::SmallPtrSet<Operation *, 16> needed;
    for (Value value : found)
      need(value.getDefiningOp(), needed);
    llvm::erase_if(found, [&](Value value) {
      return llvm::all_of(value.getUsers(), [&](Operation *user) {
        return needed.contains(user);
      });
    });
    return found;
  }

  /// The value for all steps.
  Value allSteps(Value value) {
    auto [it, isNew] = made.try_emplace(value);
    if (!isNew)
      return it->second;
    for (auto [element, input] :
         llvm::zip(scan.getElements(), scan.getInputs()))
      if (value == element)
        return made[value] = input;
    Operation *op = value.getDefiningOp();
    IRMapping mapping;
    for (Value operand : op->getOperands())
      if (isStepwise.contains(operand))
        mapping.map(operand, allSteps(operand));
      else
        mapping.map(operand, alignOutside(op, operand));
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands())
      state.addOperands(mapping.lookup(operand));
    state.addTypes(ScanOp::allStepsType(tensorType(value), scan.getAxis(),
                                        scan.getStaticSteps()));
    state.attributes = op->getAttrs();
    return made[value] = b.create(state)->getResult(0);
  }

private:
  /// Adds the op and the ops of the cell that it needs.
  void need(Operation *op, llvm::SmallPtrSetImpl<Operation *> &needed) {
    if (!op || op->getParentRegion() != &scan.getBody() ||
        !needed.insert(op).second)
      return;
    for (Value operand : op->getOperands())
      need(operand.getDefiningOp(), needed);
  }

  bool isOutside(Value value) {
    return !scan.getBody().isAncestor(value.getParentRegion());
  }

  bool canDoAllSteps(Operation *op) {
    if (auto dense = dyn_cast<DenseOp>(op))
      return isStepwise.contains(dense.getX()) &&
             isOutside(dense.getWeights()) &&
             (!dense.getBias() || isOutside(dense.getBias())) &&
             int64_t(scan.getAxis()) < tensorType(dense.getX()).getRank();
    if (!isa<ElementwiseOpInterface>(op) || op->getNumResults() != 1)
      return false;
    // Each dimension of an element stays, and T is inserted at the same
    // position for all values.
    Type type = op->getResult(0).getType();
    bool reads = false;
    for (Value operand : op->getOperands()) {
      if (isStepwise.contains(operand)) {
        reads = true;
        if (tensorType(operand).getShape() != cast<ShapedType>(type).getShape())
          return false;
      } else if (!isOutside(operand)) {
        return false;
      }
    }
    return reads;
  }

  /// A live-in value that is combined with one of all steps: gets an extent of
  /// 1 in place of T, if it has dimensions before it.
  Value alignOutside(Operation *op, Value value) {
    auto type = tensorType(value);
    if (isa<DenseOp>(op))
      return value;
    int64_t rank = tensorType(op->getResult(0)).getRank();
    int64_t at = scan.getAxis() - (rank - type.getRank());
    if (at <= 0)
      return value;
    Shape shape(type.getShape());
    shape.insert(shape.begin() + at, 1);
    SmallVector<Value> extents;
    if (llvm::count_if(shape, ShapedType::isDynamic) > 1)
      for (int64_t d = 0; d < type.getRank(); ++d)
        if (type.isDynamicDim(d))
          extents.push_back(tensor::DimOp::create(b, value.getLoc(), value, d));
    return ReshapeOp::create(b, value.getLoc(), type.clone(shape), value,
                             extents);
  }

  ScanOp scan;
  OpBuilder b;
  llvm::DenseSet<Value> isStepwise;
  llvm::DenseMap<Value, Value> made;
};

/// [a, b] W = a W_a + b W_b, where one part depends on the states and the other
/// does not. Adjacent parts of the same kind stay together.
void splitConcatenations(ScanOp scan) {
  Hoister hoister(scan);
  for (auto dense :
       llvm::make_early_inc_range(scan.getBody().front().getOps<DenseOp>())) {
    auto concat = dense.getX().getDefiningOp<ConcatOp>();
    if (!concat || !scan.getBody().isAncestor(concat->getParentRegion()) ||
        int64_t(concat.getAxis()) != tensorType(dense.getX()).getRank() - 1)
      continue;
    bool isKnown = llvm::none_of(concat.getInputs(), [](Value part) {
      return ShapedType::isDynamic(tensorType(part).getShape().back());
    });
    bool isMixed = llvm::any_of(concat.getInputs(), [&](Value part) {
      return hoister.isFree(part) != hoister.isFree(concat.getInputs()[0]);
    });
    if (!isKnown || !isMixed)
      continue;
    OpBuilder b(dense);
    Location loc = dense.getLoc();
    Value sum, bias = dense.getBias();
    int64_t first = 0;
    for (ValueRange left = concat.getInputs(); !left.empty();) {
      size_t count = 1;
      while (count < left.size() &&
             hoister.isFree(left[count]) == hoister.isFree(left[0]))
        ++count;
      Value part = left[0];
      if (count > 1)
        part = ConcatOp::create(b, loc, left.take_front(count),
                                concat.getAxisAttr());
      left = left.drop_front(count);
      int64_t size = tensorType(part).getShape().back();
      Value rows =
          SliceOp::create(b, loc, dense.getWeights(), 0, first, first + size);
      Value product = DenseOp::create(b, loc, part, rows, bias);
      bias = {};
      sum = sum ? AddOp::create(b, loc, sum, product).getResult() : product;
      first += size;
    }
    dense.replaceAllUsesWith(sum);
    dense.erase();
    if (concat->use_empty())
      concat.erase();
  }
}

struct HoistInputProjections
    : dlc::impl::HoistInputProjectionsBase<HoistInputProjections> {
  void runOnOperation() override {
    // Inner scans first: what leaves them may leave the outer ones.
    SmallVector<ScanOp> scans;
    getOperation()->walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans) {
      splitConcatenations(scan);
      moveLoopInvariantCode(scan);
      hoist(scan);
    }
  }

  void hoist(ScanOp scan) {
    Hoister hoister(scan);
    SmallVector<Value> found = hoister.run();
    if (found.empty())
      return;
    SmallVector<Value> inputs(scan.getInputs());
    for (Value value : found)
      inputs.push_back(hoister.allSteps(value));
    OpBuilder b(scan);
    auto changed = ScanOp::create(
        b, scan.getLoc(), scan.getInitial(), inputs, scan.getLengths(),
        scan.getSteps(), scan.getAxis(), scan.getReverse(),
        [&](OpBuilder &b, Location loc, ValueRange states,
            ValueRange elements) {
          IRMapping mapping;
          mapping.map(scan.getStates(), states);
          mapping.map(scan.getElements(),
                      elements.take_front(scan.getInputs().size()));
          mapping.map(found, elements.drop_front(scan.getInputs().size()));
          for (Operation &op : scan.getBody().front())
            if (op.getNumResults() != 1 || !mapping.contains(op.getResult(0)))
              b.clone(op, mapping);
        });
    scan.replaceAllUsesWith(changed);
    scan.erase();
  }
};
} // namespace
