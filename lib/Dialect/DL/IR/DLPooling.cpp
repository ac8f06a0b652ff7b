//===- DLPooling.cpp - Pooling --------------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Dialect/DL/IR/Window.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLPooling.cpp.inc"

template <typename Adaptor>
static LogicalResult inferPool(OptionalLoc loc, StringRef name, Adaptor op,
                               SmallVectorImpl<Type> &types,
                               Type element = {}) {
  auto x = tensorType(op.getX());
  if (x.getRank() < 3 || x.getRank() > 5 ||
      int64_t(op.getWindow().size()) != x.getRank() - 2)
    return emitOptionalError(
        loc, "'", name, "' op window of ", op.getWindow().size(),
        " extents over an input of shape ", toString(x),
        ", expected [N, spatial..., C] with one extent for each of 1 to 3 "
        "spatial dimensions");
  if (failed(verifyWindow(loc, name, op, op.getWindow())))
    return failure();
  Window window = Window::get(op, op.getWindow());
  window.ceilMode = op.getCeilMode();
  FailureOr<Shape> extents = inferWindowExtents(
      loc, name, window, x.getShape().drop_front().drop_back());
  if (failed(extents))
    return failure();
  Shape shape{x.getDimSize(0)};
  llvm::append_range(shape, *extents);
  shape.push_back(x.getShape().back());
  return pushTensor(loc, name, shape, element ? element : x.getElementType(),
                    types);
}

/// A window with only padding would have neither a largest element nor a mean.
template <typename OpT> static LogicalResult verifyPool(OpT op) {
  Window window = Window::get(op, op.getWindow());
  for (unsigned d = 0; d < window.rank(); ++d)
    if (window.low[d] >= window.effectiveKernel(d) ||
        window.high[d] >= window.effectiveKernel(d))
      return op.emitOpError("padding ")
             << std::max(window.low[d], window.high[d])
             << " in spatial dimension " << d
             << " leaves a window of padding alone, expected less than "
             << window.effectiveKernel(d);
  return success();
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, getOperationName(), op, types);
}
LogicalResult ArgMaxPoolOp::inferReturnTypes(MLIRContext *context,
                                             OptionalLoc loc, Adaptor op,
                                             SmallVectorImpl<Type> &types) {
  return inferPool(loc, getOperationName(), op, types,
                   IntegerType::get(context, 64));
}
LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, getOperationName(), op, types);
}
LogicalResult MaxPoolOp::verify() { return verifyPool(*this); }
LogicalResult ArgMaxPoolOp::verify() { return verifyPool(*this); }
LogicalResult AvgPoolOp::verify() { return verifyPool(*this); }

template <typename Adaptor>
static LogicalResult inferGlobalPool(OptionalLoc loc, StringRef name,
                                     Adaptor op, SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (x.getRank() < 3)
    return emitOptionalError(loc, "'", name, "' op input of shape ",
                             toString(x), ", expected [N, spatial..., C]");
  Shape shape(x.getRank(), 1);
  shape.front() = x.getShape().front();
  shape.back() = x.getShape().back();
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

LogicalResult GlobalMaxPoolOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                                Adaptor op,
                                                SmallVectorImpl<Type> &types) {
  return inferGlobalPool(loc, getOperationName(), op, types);
}
LogicalResult GlobalAvgPoolOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                                Adaptor op,
                                                SmallVectorImpl<Type> &types) {
  return inferGlobalPool(loc, getOperationName(), op, types);
}
