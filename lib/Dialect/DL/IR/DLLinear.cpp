//===- DLLinear.cpp - Matrix products -------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLLinear.cpp.inc"

LogicalResult DenseOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(sameElementType(loc, name, op.getOperands())))
    return failure();
  auto x = tensorType(op.getX()), weights = tensorType(op.getWeights());
  if (x.getRank() < 1 || weights.getRank() != 2 ||
      !mayEqual(x.getShape().back(), weights.getDimSize(0)))
    return emitOptionalError(loc, "'", name, "' op input of shape ",
                             toString(x), " does not meet weights of shape ",
                             toString(weights),
                             ", expected [..., K] and [K, N]");
  if (failed(checkVector(loc, name, "bias", op.getBias(), weights.getDimSize(1),
                         "the weights' last extent")))
    return failure();
  Shape shape(x.getShape());
  shape.back() = weights.getDimSize(1);
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(sameElementType(loc, name, op.getOperands())))
    return failure();
  auto a = tensorType(op.getA()), b = tensorType(op.getB());
  if (a.getRank() < 2 || b.getRank() < 2 ||
      !mayEqual(a.getShape().back(), b.getShape().end()[-2]))
    return emitOptionalError(loc, "'", name, "' op operands of shapes ",
                             toString(a), " and ", toString(b),
                             " do not multiply, expected [..., M, K] and "
                             "[..., K, N]");
  FailureOr<Shape> shape =
      broadcastShapes(a.getShape().drop_back(2), b.getShape().drop_back(2));
  if (failed(shape))
    return emitOptionalError(loc, "'", name, "' op batch dimensions of shapes ",
                             toString(a), " and ", toString(b),
                             " do not broadcast");
  shape->push_back(a.getShape().end()[-2]);
  shape->push_back(b.getShape().back());
  return pushTensor(loc, name, *shape, a.getElementType(), types);
}
