//===- Gradients.cpp - The engine of reverse-mode differentiation ---------===//

#include "dlc/Autodiff/Gradients.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dlc;
using dl::formula::Tensor;

#include "dlc/Autodiff/Interfaces.cpp.inc"

bool dlc::isDifferentiable(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type));
}

SmallVector<Value> dlc::findCaptured(Operation *op) {
  // Its regions may stand in a block that is still being built, in no function:
  // what upstream's walk over ancestors cannot take.
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
  return Tensor(b, loc, current(value)).filled(0);
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
  // From here to the loss.
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
