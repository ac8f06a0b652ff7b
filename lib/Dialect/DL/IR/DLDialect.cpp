//===- DLDialect.cpp - The dl dialect -------------------------------------===//

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace dlc::dl;

#include "dlc/Dialect/DL/IR/DLDialect.cpp.inc"
#include "dlc/Dialect/DL/IR/DLInterfaces.cpp.inc"

SmallVector<Value> dlc::dl::decompose(DecomposableOpInterface op,
                                      OpBuilder &b) {
  SmallVector<Value> values = op.decompose(b);
  // Formulas may know more or less of the extents.
  for (auto [value, result] : llvm::zip(values, op->getResults()))
    if (value.getType() != result.getType())
      value = tensor::CastOp::create(b, op->getLoc(), result.getType(), value);
  return values;
}

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
  // Decompositions check what their parts do not compare.
  getContext()->getOrLoadDialect<dlc::codegen::CodegenDialect>();
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
