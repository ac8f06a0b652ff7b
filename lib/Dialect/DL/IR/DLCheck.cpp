//===- DLCheck.cpp - Values that must be what they should -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLCheck.cpp.inc"

LogicalResult RequireRangeOp::inferReturnTypes(MLIRContext *, OptionalLoc,
                                               Adaptor op,
                                               SmallVectorImpl<Type> &types) {
  types.push_back(op.getX().getType());
  return success();
}

LogicalResult RequireFiniteOp::inferReturnTypes(MLIRContext *, OptionalLoc,
                                                Adaptor op,
                                                SmallVectorImpl<Type> &types) {
  types.push_back(op.getX().getType());
  return success();
}
