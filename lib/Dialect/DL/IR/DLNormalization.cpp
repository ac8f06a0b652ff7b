//===- DLNormalization.cpp - Softmax and normalisation --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLNormalization.cpp.inc"

template <typename Adaptor>
static LogicalResult inferSoftmax(OptionalLoc loc, StringRef name, Adaptor op,
                                  SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (failed(normalizeAxis(loc, name, op.getAxis(), x.getRank())))
    return failure();
  types.push_back(x);
  return success();
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferSoftmax(loc, getOperationName(), op, types);
}
LogicalResult LogSoftmaxOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &types) {
  return inferSoftmax(loc, getOperationName(), op, types);
}

/// Checks an input `[N, ..., C]` and vectors `[C]` of its element type, by
/// name.
static LogicalResult
checkChannels(OptionalLoc loc, StringRef name, RankedTensorType x,
              ValueRange operands,
              ArrayRef<std::pair<StringRef, Value>> vectors) {
  if (x.getRank() < 2)
    return emitOptionalError(loc, "'", name, "' op input of shape ",
                             toString(x), ", expected [N, ..., C]");
  if (failed(sameElementType(loc, name, operands)))
    return failure();
  for (auto [what, operand] : vectors)
    if (failed(checkVector(loc, name, what, operand, x.getShape().back(),
                           "the number of channels")))
      return failure();
  return success();
}

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (failed(checkChannels(loc, getOperationName(), x, op.getOperands(),
                           {{"scale", op.getScale()},
                            {"offset", op.getOffset()},
                            {"mean", op.getMean()},
                            {"variance", op.getVariance()}})))
    return failure();
  types.push_back(x);
  return success();
}

SmallVector<Value> BatchNormOp::getRunningAverages() {
  return {getMean(), getVariance()};
}

SmallVector<Value> BatchNormOp::buildTrainingForm(OpBuilder &b, Value,
                                                  int64_t) {
  return llvm::to_vector(
      ValueRange(BatchNormTrainingOp::create(b, getLoc(), getX(), getScale(),
                                             getOffset(), getEpsilonAttr())
                     .getResults()));
}

SmallVector<Value> BatchNormOp::getUnitOperands() {
  return {getScale(), getVariance()};
}

LogicalResult BatchNormTrainingOp::inferReturnTypes(
    MLIRContext *, OptionalLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (failed(checkChannels(
          loc, getOperationName(), x, op.getOperands(),
          {{"scale", op.getScale()}, {"offset", op.getOffset()}})))
    return failure();
  auto statistic = x.clone(x.getShape().take_back());
  types.append({x, statistic, statistic});
  return success();
}

SmallVector<Value> BatchNormTrainingOp::decompose(OpBuilder &b) {
  formula::TensorExpr x(b, getLoc(), getX());
  SmallVector<int64_t> axes;
  for (int64_t d = 0; d + 1 < x.rank(); ++d)
    axes.push_back(d);
  auto mean = x.mean(axes, /*keepDims=*/false);
  auto variance = square(x - mean).mean(axes, /*keepDims=*/false);
  // All four vectors have one type.
  auto known = [&](Value vector) -> Value {
    return vector.getType() == mean.type()
               ? vector
               : tensor::CastOp::create(b, getLoc(), mean.type(), vector);
  };
  Value y =
      BatchNormOp::create(b, getLoc(), getY().getType(), x, known(getScale()),
                          known(getOffset()), mean, variance, getEpsilonAttr());
  return {y, mean, variance};
}

static LogicalResult verifyEpsilon(Operation *op, const APFloat &epsilon) {
  if (epsilon.isNegative() || !epsilon.isFinite())
    return op->emitOpError("epsilon ")
           << epsilon.convertToDouble() << ", expected a number of 0 or more";
  return success();
}

LogicalResult BatchNormOp::verify() {
  return verifyEpsilon(*this, getEpsilon());
}
LogicalResult BatchNormTrainingOp::verify() {
  return verifyEpsilon(*this, getEpsilon());
}
LogicalResult LayerNormOp::verify() {
  return verifyEpsilon(*this, getEpsilon());
}
LogicalResult GroupNormOp::verify() {
  return verifyEpsilon(*this, getEpsilon());
}
LogicalResult InstanceNormOp::verify() {
  return verifyEpsilon(*this, getEpsilon());
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX());
  if (failed(sameElementType(loc, name, op.getOperands())))
    return failure();
  FailureOr<int64_t> axis = normalizeAxis(loc, name, op.getAxis(), x.getRank());
  if (failed(axis))
    return failure();
  ArrayRef<int64_t> inner = x.getShape().drop_front(*axis);
  for (Value operand : {op.getScale(), op.getOffset()})
    if (operand &&
        failed(verifyCompatibleShape(inner, tensorType(operand).getShape())))
      return emitOptionalError(
          loc, "'", name, "' op scale or offset has shape ",
          toString(operand.getType()), ", expected ", toString(inner),
          ", the normalised dimensions of ", toString(x));
  types.push_back(x);
  return success();
}

template <typename Adaptor>
static LogicalResult inferByChannel(OptionalLoc loc, StringRef name, Adaptor op,
                                    SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (x.getRank() < 3)
    return emitOptionalError(loc, "'", name, "' op input of shape ",
                             toString(x), ", expected [N, spatial..., C]");
  if (failed(sameElementType(loc, name, op.getOperands())) ||
      failed(checkVector(loc, name, "scale", op.getScale(), x.getShape().back(),
                         "the number of channels")) ||
      failed(checkVector(loc, name, "offset", op.getOffset(),
                         x.getShape().back(), "the number of channels")))
    return failure();
  types.push_back(x);
  return success();
}

LogicalResult GroupNormOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(inferByChannel(loc, name, op, types)))
    return failure();
  int64_t channels = tensorType(op.getX()).getShape().back();
  int64_t groups = op.getGroups();
  if (groups < 1 || ShapedType::isDynamic(channels) || channels % groups)
    return emitOptionalError(loc, "'", name, "' op ", groups,
                             " groups over an input of shape ",
                             toString(op.getX().getType()),
                             ", expected a divisor of a known channel count");
  return success();
}
LogicalResult InstanceNormOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                               Adaptor op,
                                               SmallVectorImpl<Type> &types) {
  return inferByChannel(loc, getOperationName(), op, types);
}
