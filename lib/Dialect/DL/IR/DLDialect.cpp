//===- DLDialect.cpp - The dl dialect -------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace dlc::dl;

#include "dlc/Dialect/DL/IR/DLDialect.cpp.inc"
#include "dlc/Dialect/DL/IR/DLInterfaces.cpp.inc"

SmallVector<Value> dlc::dl::decompose(DecomposableOpInterface op,
                                      OpBuilder &b) {
  SmallVector<Value> values = op.decompose(b);
  // The types of a formula may be more or less static than those of the
  // results.
  for (auto [value, result] : llvm::zip(values, op->getResults()))
    if (value.getType() != result.getType())
      value = tensor::CastOp::create(b, op->getLoc(), result.getType(), value);
  return values;
}

namespace {
/// Ops of dl are pure functions of tensors, so they can be inlined anywhere.
struct DLInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool,
                       IRMapping &) const override {
    return true;
  }
};
} // namespace

void DLDialect::initialize() {
  // Decompositions emit codegen.require for what their parts do not check.
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

/// Reports an attribute that has another value than it must have, or another
/// owner.
static LogicalResult refuse(Operation *op, NamedAttribute attribute,
                            const Twine &expected) {
  return op->emitError("'")
         << attribute.getName().getValue() << "' is " << attribute.getValue()
         << ", expected " << expected;
}

LogicalResult DLDialect::verifyOperationAttribute(Operation *op,
                                                  NamedAttribute attribute) {
  if (attribute.getName() != parameterAttr || !isa<arith::ConstantOp>(op))
    return op->emitError("'")
           << attribute.getName().getValue() << "' on " << op->getName()
           << ", expected 'dl.parameter' on arith.constant, 'dl.name' or "
              "'dl.dims' on an argument of a function";
  if (!isa<StringAttr>(attribute.getValue()))
    return refuse(op, attribute, "a string");
  return success();
}

/// Verifies the name of an argument or result.
static LogicalResult verifyName(Operation *op, NamedAttribute attribute) {
  if (!isa<StringAttr>(attribute.getValue()))
    return refuse(op, attribute, "a string");
  return success();
}

LogicalResult DLDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                  unsigned number,
                                                  NamedAttribute attribute) {
  if (attribute.getName() == nameAttr)
    return verifyName(op, attribute);
  if (attribute.getName() != dimsAttr)
    return op->emitError("'")
           << attribute.getName().getValue()
           << "' on an argument, expected 'dl.name' or 'dl.dims'";
  auto function = dyn_cast<FunctionOpInterface>(op);
  auto type =
      function ? dyn_cast<RankedTensorType>(function.getArgumentTypes()[number])
               : RankedTensorType();
  auto names = dyn_cast<ArrayAttr>(attribute.getValue());
  if (!names || !llvm::all_of(names, llvm::IsaPred<StringAttr>) ||
      (type && int64_t(names.size()) != type.getRank()))
    return refuse(op, attribute, "a list of strings, one a dimension");
  return success();
}

LogicalResult DLDialect::verifyRegionResultAttribute(Operation *op, unsigned,
                                                     unsigned,
                                                     NamedAttribute attribute) {
  if (attribute.getName() == nameAttr)
    return verifyName(op, attribute);
  return op->emitError("'") << attribute.getName().getValue()
                            << "' on a result, expected 'dl.name'";
}
