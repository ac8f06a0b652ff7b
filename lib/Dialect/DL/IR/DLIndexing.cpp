//===- DLIndexing.cpp - Ops that search and scatter -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLIndexing.cpp.inc"

LogicalResult ScatterOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX()), indices = tensorType(op.getIndices()),
       updates = tensorType(op.getUpdates());
  if (x.getElementType() != updates.getElementType())
    return emitOptionalError(loc, "'", name, "' op updates have element type ",
                             updates.getElementType(), ", expected ",
                             x.getElementType(), " as x");
  bool fits = x.getRank() >= 1 && indices.getRank() == 1 &&
              updates.getRank() == x.getRank();
  if (fits)
    fits = mayEqual(indices.getDimSize(0), updates.getDimSize(0)) &&
           succeeded(verifyCompatibleShape(x.getShape().drop_front(),
                                           updates.getShape().drop_front()));
  if (!fits)
    return emitOptionalError(
        loc, "'", name, "' op x, indices and updates have shapes ", toString(x),
        ", ", toString(indices), " and ", toString(updates),
        ", expected [n, rest...], [k] and [k, rest...]");
  types.push_back(x);
  return success();
}

LogicalResult TopKOp::verify() {
  auto x = getX().getType(), values = getValues().getType(),
       indices = getIndices().getType();
  bool fits = x.getRank() >= 1 && values.getRank() == x.getRank() &&
              values.getElementType() == x.getElementType() &&
              values.getShape() == indices.getShape() &&
              succeeded(verifyCompatibleShape(values.getShape().drop_back(),
                                              x.getShape().drop_back()));
  if (!fits)
    return emitOpError("of shape ") << toString(x) << " gives values " << values
                                    << " and indices " << indices
                                    << ", expected the operand's element type "
                                       "and shape but for the last "
                                       "extent";
  int64_t k = values.getShape().back(), n = x.getShape().back();
  if (!ShapedType::isDynamic(k) && !ShapedType::isDynamic(n) && k > n)
    return emitOpError("takes ") << k << " of the " << n
                                 << " elements of the last dimension, expected "
                                    "no more than there are";
  return success();
}

LogicalResult ArgsortOp::inferReturnTypes(MLIRContext *context, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  if (x.getRank() != 2)
    return emitOptionalError(loc, "'", getOperationName(),
                             "' op operand has shape ", toString(x),
                             ", expected a matrix");
  return pushTensor(loc, getOperationName(), {x.getDimSize(0)},
                    IntegerType::get(context, 64), types);
}

LogicalResult NonzeroOp::inferReturnTypes(MLIRContext *context, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return pushTensor(loc, getOperationName(),
                    {tensorType(op.getX()).getRank(), ShapedType::kDynamic},
                    IntegerType::get(context, 64), types);
}
