//===- DLRandom.cpp - Ops with randomness ---------------------------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLRandom.cpp.inc"

LogicalResult DropoutOp::inferReturnTypes(MLIRContext *, OptionalLoc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  types.push_back(op.getX().getType());
  return success();
}

LogicalResult DropoutOp::verify() {
  double rate = getRate().convertToDouble();
  if (!(rate >= 0 && rate < 1))
    return emitOpError("rate ") << rate << ", expected 0 to less than 1";
  return success();
}
