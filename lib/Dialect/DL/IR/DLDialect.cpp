//===- DLDialect.cpp - The dl dialect -------------------------------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace dlc::dl;

#include "dlc/Dialect/DL/IR/DLDialect.cpp.inc"
#include "dlc/Dialect/DL/IR/DLInterfaces.cpp.inc"

namespace {
/// Pure functions of tensors may stand anywhere.
struct DLInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool,
                       IRMapping &) const override {
    return true;
  }
};
} // namespace

void DLDialect::initialize() {
  addInterfaces<DLInliner>();
  addOperations<
#define GET_OP_LIST
#include "dlc/Dialect/DL/IR/DLOps.cpp.inc"
      >();
}

Operation *DLDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}
