//===- DLLoss.cpp - Losses and metrics ------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLLoss.cpp.inc"

static bool isSparse(Value target) {
  return isa<IntegerType>(getElementTypeOrSelf(target));
}

/// A loss is a scalar of rank 0. The target has the shape of x or, where it may
/// hold class indices, one dimension less. A loss over classes needs a rank of
/// at least 1, and at least one class.
static LogicalResult inferLoss(OptionalLoc loc, StringRef name, Value x,
                               Value target, bool mayBeSparse,
                               std::optional<int64_t> leastRank,
                               SmallVectorImpl<Type> &types) {
  auto scores = tensorType(x), targets = tensorType(target);
  bool hasNone = scores.getRank() && scores.getShape().back() == 0;
  if (leastRank && (scores.getRank() < *leastRank || hasNone))
    return emitOptionalError(loc, "'", name, "' op scores of shape ",
                             toString(scores),
                             ", expected classes along a last dimension");
  ArrayRef<int64_t> shape = scores.getShape();
  bool sparse = isSparse(target);
  if (sparse && mayBeSparse && !shape.empty())
    shape = shape.drop_back();
  bool fits = sparse ? mayBeSparse && scores.getRank() > 0
                     : targets.getElementType() == scores.getElementType();
  fits &= shape.size() == targets.getShape().size();
  if (fits)
    for (auto [a, b] : llvm::zip(shape, targets.getShape()))
      fits &= mayEqual(a, b);
  if (!fits) {
    std::string wanted = toString(scores.getShape()) + " of floats as them";
    if (mayBeSparse && scores.getRank() > 0)
      wanted +=
          " or " + toString(scores.getShape().drop_back()) + " of i32 or i64";
    return emitOptionalError(loc, "'", name, "' op targets of type ", targets,
                             " for scores of type ", scores, ", expected ",
                             wanted);
  }
  types.push_back(scores.clone(ArrayRef<int64_t>()));
  return success();
}

#define DLC_LOSS(OP, SPARSE, LEAST)                                            \
  LogicalResult OP::inferReturnTypes(MLIRContext *, OptionalLoc loc,           \
                                     Adaptor op,                               \
                                     SmallVectorImpl<Type> &types) {           \
    return inferLoss(loc, getOperationName(), op.getX(), op.getTarget(),       \
                     SPARSE, LEAST, types);                                    \
  }
DLC_LOSS(MeanSquaredErrorOp, false, std::nullopt)
DLC_LOSS(MeanAbsoluteErrorOp, false, std::nullopt)
DLC_LOSS(CrossEntropyOp, true, 1)
DLC_LOSS(BinaryCrossEntropyOp, false, std::nullopt)
DLC_LOSS(HingeOp, false, std::nullopt)
DLC_LOSS(PerceptronCriterionOp, false, std::nullopt)
DLC_LOSS(KlDivergenceOp, false, 1)
DLC_LOSS(AccuracyOp, true, 0)
#undef DLC_LOSS

LogicalResult CrossEntropyOp::verify() {
  double smoothing = getLabelSmoothing().convertToDouble();
  if (!(smoothing >= 0 && smoothing < 1))
    return emitOpError("smoothing ")
           << smoothing << ", expected 0 to less than 1";
  return success();
}

/// One-hot encoding along a new last dimension: 1 at the class, else 0.
static TensorExpr oneHot(TensorExpr labels, TensorExpr scores) {
  int64_t last = scores.rank() - 1;
  TensorExpr wide = labels.cast(labels.b->getI64Type());
  SmallVector<int64_t> shape(labels.shape());
  shape.push_back(1);
  SmallVector<Value> extents = labels.unknownExtents();
  auto type = wide.type().clone(shape);
  TensorExpr column = wide.with(
      ReshapeOp::create(*wide.b, wide.loc, type, wide,
                        extents.size() > 1 ? extents : SmallVector<Value>()));
  return (column == formula::iota(*wide.b, wide.loc, scores, last))
      .cast(scores.element());
}

/// The mean over examples of the sums over the last dimension.
static TensorExpr meanOfSums(TensorExpr terms) {
  return terms.sum({terms.rank() - 1}, /*keepDims=*/false).mean();
}

/// Requires that scores and targets have the same shape. The ops of the
/// decomposition would broadcast an extent that turns out to be 1 at run time.
template <typename Loss> static void requireAlike(OpBuilder &b, Loss loss) {
  auto shapeOf = [](Value tensor) {
    return cast<RankedTensorType>(tensor.getType()).getShape();
  };
  Value scores = loss.getX(), target = loss.getTarget();
  for (auto [d, pair] :
       llvm::enumerate(llvm::zip(shapeOf(scores), shapeOf(target)))) {
    auto [x, t] = pair;
    if (std::min(x, t) != ShapedType::kDynamic || std::max(x, t) != 1)
      continue;
    Value free = ShapedType::isDynamic(x) ? scores : target;
    Value extent = tensor::DimOp::create(b, loss.getLoc(), free, d);
    Value one = arith::ConstantIndexOp::create(b, loss.getLoc(), 1);
    dlc::codegen::RequireOp::create(
        b, loss.getLoc(),
        arith::CmpIOp::create(b, loss.getLoc(), arith::CmpIPredicate::eq,
                              extent, one),
        (loss->getName().getStringRef() +
         ": scores and targets differ in dimension " + Twine(d))
            .str());
  }
}

SmallVector<Value> MeanSquaredErrorOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX());
  return {square(x - x.with(getTarget())).mean()};
}

SmallVector<Value> MeanAbsoluteErrorOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX());
  return {abs(x - x.with(getTarget())).mean()};
}

SmallVector<Value> CrossEntropyOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX()), target = x.with(getTarget());
  int64_t last = x.rank() - 1;
  double smoothing = getLabelSmoothing().convertToDouble();
  TensorExpr logs =
      x.with(LogSoftmaxOp::create(b, getLoc(), x, b.getI64IntegerAttr(last)));
  int64_t classes = x.shape()[last];
  if (isSparse(getTarget()) && !ShapedType::isDynamic(classes))
    target = x.with(
        RequireRangeOp::create(b, getLoc(), target, 0, classes, "a label"));
  TensorExpr p = isSparse(getTarget()) ? oneHot(target, x) : target;
  TensorExpr terms = p * logs;
  if (smoothing > 0)
    terms = (1 - smoothing) * terms + (smoothing * logs) / x.count({last});
  return {-meanOfSums(terms)};
}

SmallVector<Value> BinaryCrossEntropyOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX());
  return {(softplus(x) - x * x.with(getTarget())).mean()};
}

SmallVector<Value> HingeOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX());
  return {max(1.0 - x.with(getTarget()) * x, 0.0).mean()};
}

SmallVector<Value> PerceptronCriterionOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX());
  // Multiplies by the target. At 0 the derivative is -t, not half of it.
  TensorExpr margin = x.with(getTarget()) * x;
  TensorExpr isWrong = (margin <= 0.0).cast(x.element());
  return {(-margin * isWrong).mean()};
}

SmallVector<Value> KlDivergenceOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX()), p = x.with(getTarget());
  TensorExpr logs = x.with(
      LogSoftmaxOp::create(b, getLoc(), x, b.getI64IntegerAttr(x.rank() - 1)));
  TensorExpr some = select(p > 0.0, p, 1.0);
  return {meanOfSums(p * (log(some) - logs))};
}

SmallVector<Value> AccuracyOp::decompose(OpBuilder &b) {
  requireAlike(b, *this);
  TensorExpr x(b, getLoc(), getX()), target = x.with(getTarget());
  int64_t last = x.rank() - 1;
  auto best = [&](TensorExpr t) {
    return t.with(ArgMaxOp::create(b, getLoc(), t, b.getI64IntegerAttr(last),
                                   UnitAttr()));
  };
  // The arg max is computed for each operand separately, so nothing else
  // compares their numbers of classes.
  int64_t classes = x.rank() ? x.shape()[last] : 1;
  if (!isSparse(getTarget()) && x.rank() &&
      (ShapedType::isDynamic(classes) ||
       ShapedType::isDynamic(target.shape()[last]))) {
    auto extent = [&](Value tensor) -> Value {
      return tensor::DimOp::create(b, getLoc(), tensor, last);
    };
    dlc::codegen::RequireOp::create(
        b, getLoc(),
        arith::CmpIOp::create(b, getLoc(), arith::CmpIPredicate::eq,
                              extent(getX()), extent(getTarget())),
        "dl.accuracy: scores and targets differ in the number of classes");
  }
  TensorExpr isRight = x;
  if (!isSparse(getTarget()) && (x.rank() <= 1 || x.shape()[last] == 1)) {
    TensorExpr answer = (x > 0.0).cast(b.getI32Type());
    isRight = answer == (target > 0.5).cast(b.getI32Type());
  } else {
    TensorExpr answer = best(x);
    isRight = answer == (isSparse(getTarget()) ? target.cast(b.getI64Type())
                                               : best(target));
  }
  return {isRight.cast(x.element()).mean()};
}
