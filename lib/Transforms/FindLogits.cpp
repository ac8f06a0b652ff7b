//===- FindLogits.cpp - What a loss of classes is taken of ----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "FindLogits.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dlc::dl;

/// Clipping to this distance from 0 and 1 protects a logarithm and does not
/// count as a change of the probabilities.
static constexpr double nearly = 1e-3;

/// The value of a splat constant.
static std::optional<double> splatNumber(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)) ||
      !isa<FloatType>(splat.getElementType()))
    return std::nullopt;
  return splat.getSplatValue<APFloat>().convertToDouble();
}

/// Whether an op only moves the elements of its first operand, or clips
/// probabilities near 0 and 1.
static bool isTransparent(Operation *op) {
  if (isa<tensor::CastOp, ReshapeOp, FlattenOp, TransposeOp, LinearOp>(op))
    return true;
  if (auto clip = dyn_cast<ClipOp>(op))
    return (!clip.getLow() || clip.getLow()->convertToDouble() <= nearly) &&
           (!clip.getHigh() || clip.getHigh()->convertToDouble() >= 1 - nearly);
  if (isa<MaximumOp, MinimumOp>(op)) {
    auto bound = splatNumber(op->getOperand(1));
    return bound && op->getOperand(0).getType() == op->getResult(0).getType() &&
           (isa<MaximumOp>(op) ? *bound <= nearly : *bound >= 1 - nearly);
  }
  return false;
}

/// The dimension that `axis` becomes in a reshape of `from` to `to`: of the
/// same extent, with the same extents before or after it, not counting 1s.
static std::optional<int64_t>
followReshape(ArrayRef<int64_t> from, int64_t axis, ArrayRef<int64_t> to) {
  auto withoutOnes = [](ArrayRef<int64_t> extents) {
    return llvm::to_vector(
        llvm::make_filter_range(extents, [](int64_t e) { return e != 1; }));
  };
  for (int64_t d = 0; d < int64_t(to.size()); ++d)
    if (to[d] == from[axis] && !ShapedType::isDynamic(to[d]) &&
        (withoutOnes(from.take_front(axis)) == withoutOnes(to.take_front(d)) ||
         withoutOnes(from.drop_front(axis + 1)) ==
             withoutOnes(to.drop_front(d + 1))))
      return d;
  return std::nullopt;
}

static std::optional<int64_t> follow(Operation *op, int64_t axis) {
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return llvm::find(transpose.getPermutation(), axis) -
           transpose.getPermutation().begin();
  if (isa<ReshapeOp, FlattenOp>(op))
    return followReshape(tensorType(op->getOperand(0)).getShape(), axis,
                         tensorType(op->getResult(0)).getShape());
  return axis;
}

static bool isMaker(Operation *op) {
  return isa<SoftmaxOp, LogSoftmaxOp, SigmoidOp>(op);
}

dlc::Probabilities dlc::findProbabilities(Value result) {
  Probabilities made;
  Operation *op = result.getDefiningOp();
  while (op && !isMaker(op) && isTransparent(op)) {
    made.chain.push_back(op);
    op = op->getOperand(0).getDefiningOp();
  }
  std::reverse(made.chain.begin(), made.chain.end());
  if (op && isMaker(op)) {
    made.producer = op;
    if (auto axis = op->getAttrOfType<IntegerAttr>("axis"))
      made.axis =
          wrapAxis(axis.getInt(), tensorType(op->getOperand(0)).getRank());
    for (Operation *step : made.chain)
      if (made.axis)
        made.axis = follow(step, *made.axis);
    return made;
  }
  // A softmax or sigmoid may still be found through other element-wise ops. The
  // logarithm of a softmax serves as logits as well.
  made.chain.clear();
  for (Operation *last = op; op && !isa<LogOp>(op);) {
    if (isa<SoftmaxOp, SigmoidOp>(op)) {
      made.blocker = last;
      break;
    }
    Operation *next = nullptr;
    bool isChain = isTransparent(op) || isa<ElementwiseOpInterface>(op);
    for (Value operand : op->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (!isa<RankedTensorType>(operand.getType()) ||
          (source && source->hasTrait<OpTrait::ConstantLike>()))
        continue;
      isChain &= !next && source;
      next = source;
    }
    op = isChain ? next : nullptr;
  }
  return made;
}

Value dlc::takeLogits(OpBuilder &b, Value result, const Probabilities &made) {
  if (!made.producer)
    return result;
  Value value = made.producer->getOperand(0);
  for (Operation *op : made.chain) {
    if (isa<ClipOp, MaximumOp, MinimumOp>(op))
      continue;
    IRMapping mapping;
    mapping.map(op->getOperand(0), value);
    value = b.clone(*op, mapping)->getResult(0);
  }
  return value;
}
