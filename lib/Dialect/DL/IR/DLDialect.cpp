//===- DLDialect.cpp - The dl dialect -------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

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
