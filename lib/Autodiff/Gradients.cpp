//===- Gradients.cpp - The engine of reverse-mode differentiation ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Autodiff/Gradients.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

#include "dlc/Autodiff/Interfaces.cpp.inc"

bool dlc::isDifferentiable(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type));
}

SmallVector<Value> dlc::findCaptured(Operation *op) {
  // Upstream's analysis walks up to an enclosing function. Here the regions may
  // be in a block that is still being built and belongs to no function.
  llvm::DenseSet<Value> own;
  llvm::SetVector<Value> captured;
  op->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    if (inner != op) {
      for (Value operand : inner->getOperands())
        if (!own.contains(operand))
          captured.insert(operand);
      own.insert_range(inner->getResults());
    }
    for (Region &region : inner->getRegions())
      for (Block &block : region)
        own.insert_range(block.getArguments());
  });
  return captured.takeVector();
}

static bool isUnfit(Operation *op) {
  return op->getName().hasTrait<dl::NotDifferentiable>();
}

void Gradients::findActive(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    if (isUnfit(op))
      continue;
    bool depends = llvm::any_of(op->getOperands(),
                                [&](Value value) { return needs(value); });
    if (!depends && op->getNumRegions())
      depends = llvm::any_of(findCaptured(op),
                             [&](Value value) { return needs(value); });
    if (!depends)
      continue;
    for (Value result : op->getResults())
      if (isDifferentiable(result.getType()))
        active.insert(result);
  }
}

Value Gradients::getOrZero(Value value) {
  if (Value known = get(value))
    return known;
  return TensorExpr(b, loc, current(value)).filled(0);
}

void Gradients::add(Value value, Value gradient) {
  if (!needs(value) || !gradient)
    return;
  Value sum = at(gradient).reducedTo(at(value));
  if (sum.getType() != value.getType())
    sum = tensor::CastOp::create(b, loc, value.getType(), sum);
  Value &before = reached[value];
  before = before ? Value(at(before) + at(sum)) : sum;
  through.try_emplace(value, atHand);
}

void Gradients::addPart(Value value, Value gradient, int64_t axis,
                        int64_t start) {
  if (!needs(value) || !gradient)
    return;
  partsOf[value].push_back({gradient, axis, start});
  through.try_emplace(value, atHand);
}

/// x with zeros before and after it along an axis.
static TensorExpr padded(TensorExpr x, int64_t axis, int64_t low,
                         int64_t high) {
  if (!low && !high)
    return x;
  SmallVector<int64_t> before(x.rank(), 0), after(x.rank(), 0);
  before[axis] = low;
  after[axis] = high;
  return x.pad(before, after);
}

/// Takes parts along one axis that do not overlap, and gives them in one
/// tensor.
TensorExpr Gradients::joined(TensorExpr like, SmallVectorImpl<Part> &parts) {
  llvm::stable_sort(parts, [](const Part &a, const Part &b) {
    return std::pair(a.axis, a.start) < std::pair(b.axis, b.start);
  });
  int64_t axis = parts.front().axis, end = 0;
  SmallVector<TensorExpr> found;
  SmallVector<int64_t> gaps; // before each part
  llvm::erase_if(parts, [&](const Part &part) {
    if (part.axis != axis || part.start < end)
      return false;
    found.push_back(at(part.gradient));
    gaps.push_back(part.start - end);
    end = part.start + found.back().shape()[axis];
    return true;
  });
  int64_t rest = like.shape()[axis] - end;
  for (auto [i, part] : llvm::enumerate(found))
    part = padded(part, axis, gaps[i], i + 1 == found.size() ? rest : 0);
  return found.size() == 1 ? found.front() : concat(found, axis);
}

Value Gradients::get(Value value) {
  auto it = partsOf.find(value);
  if (it == partsOf.end())
    return reached.lookup(value);
  SmallVector<Part, 0> parts = std::move(it->second);
  partsOf.erase(it);
  while (!parts.empty())
    add(value, joined(at(current(value)), parts));
  return reached.lookup(value);
}

void Gradients::replace(Operation *op, ValueRange values) {
  for (auto [old, now] : llvm::zip(op->getResults(), values)) {
    replaced[old] = now;
    old.replaceAllUsesWith(now);
  }
}

LogicalResult Gradients::run(ArrayRef<Operation *> ops) {
  bool valid = true;
  for (Operation *op : llvm::reverse(ops)) {
    bool isReached = llvm::any_of(
        op->getResults(), [&](Value result) { return bool(get(result)); });
    if (!isReached || isUnfit(op))
      continue;
    atHand = op;
    loc = op->getLoc();
    valid &= succeeded(differentiate(op));
  }
  atHand = nullptr;
  return success(valid);
}

LogicalResult Gradients::differentiate(Operation *op) {
  if (auto elementwise = dyn_cast<dl::ElementwiseOpInterface>(op)) {
    Value g = get(op->getResult(0));
    for (OpOperand &operand : op->getOpOperands())
      if (needs(operand.get()))
        add(operand.get(),
            elementwise.buildGradient(b, loc, operand.getOperandNumber(), g));
    return success();
  }
  if (auto rule = dyn_cast<DifferentiableOpInterface>(op))
    return rule.differentiate(*this);
  return reportMissing(op);
}

LogicalResult Gradients::reportMissing(Operation *op) {
  bool isNeeded = llvm::any_of(op->getOperands(),
                               [&](Value value) { return needs(value); });
  if (op->getNumRegions())
    isNeeded |= llvm::any_of(findCaptured(op),
                             [&](Value value) { return needs(value); });
  if (!isNeeded)
    return success();
  InFlightDiagnostic error = op->emitError("'")
                             << op->getName() << "' op has no derivative";
  // Walks from here towards the loss.
  for (Operation *at = op; at;) {
    Operation *next = nullptr;
    for (Value result : at->getResults())
      if (Operation *user = through.lookup(result))
        next = user;
    if (!next || next == at)
      break;
    error.attachNote(next->getLoc())
        << "its result reaches the loss through '" << next->getName() << "'";
    at = next;
  }
  return error;
}

void dlc::decomposeAll(SmallVectorImpl<Operation *> &ops,
                       MutableArrayRef<Value> values) {
  for (bool isDone = false; !isDone;) {
    isDone = true;
    SmallVector<Operation *> next;
    for (Operation *op : ops) {
      SmallVector<dl::DecomposableOpInterface> nested;
      op->walk([&](dl::DecomposableOpInterface inner) {
        if (inner != op && !isa<DifferentiableOpInterface>(*inner))
          nested.push_back(inner);
      });
      for (dl::DecomposableOpInterface inner : nested) {
        isDone = false;
        OpBuilder b(inner);
        inner->replaceAllUsesWith(dl::decompose(inner, b));
        inner->erase();
      }
      auto self = dyn_cast<dl::DecomposableOpInterface>(op);
      if (!self || isa<DifferentiableOpInterface>(op)) {
        next.push_back(op);
        continue;
      }
      isDone = false;
      Operation *before = op->getPrevNode();
      Block *block = op->getBlock();
      OpBuilder b(op);
      SmallVector<Value> results = dl::decompose(self, b);
      for (Value &value : values)
        if (value.getDefiningOp() == op)
          value = results[cast<OpResult>(value).getResultNumber()];
      op->replaceAllUsesWith(results);
      for (auto it = before ? std::next(Block::iterator(before))
                            : block->begin();
           &*it != op; ++it)
        next.push_back(&*it);
      op->erase();
    }
    ops.assign(next.begin(), next.end());
  }
}
