//===- DLReduction.cpp - Reductions ---------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLReduction.cpp.inc"

/// The shape after reducing `axes`; all dimensions if absent.
static LogicalResult inferReduced(OptionalLoc loc, StringRef name, Value x,
                                  std::optional<ArrayRef<int64_t>> axes,
                                  bool keepDims, Type element,
                                  SmallVectorImpl<Type> &types) {
  ArrayRef<int64_t> input = tensorType(x).getShape();
  llvm::SmallVector<bool> reduced(input.size(), !axes);
  for (int64_t axis : axes.value_or(ArrayRef<int64_t>())) {
    FailureOr<int64_t> d = normalizeAxis(loc, name, axis, input.size());
    if (failed(d))
      return failure();
    if (reduced[*d])
      return emitOptionalError(loc, "'", name, "' op axis ", axis,
                               " is given twice for an operand of shape ",
                               toString(input));
    reduced[*d] = true;
  }
  Shape shape;
  for (auto [extent, isReduced] : llvm::zip(input, reduced)) {
    if (!isReduced)
      shape.push_back(extent);
    else if (keepDims)
      shape.push_back(1);
  }
  return pushTensor(loc, name, shape, element, types);
}

#define DLC_INFER_REDUCTION(OP)                                                \
  LogicalResult OP::inferReturnTypes(MLIRContext *, OptionalLoc loc,           \
                                     Adaptor op,                               \
                                     SmallVectorImpl<Type> &types) {           \
    return inferReduced(loc, getOperationName(), op.getX(), op.getAxes(),      \
                        op.getKeepDims(), getElementTypeOrSelf(op.getX()),     \
                        types);                                                \
  }
DLC_INFER_REDUCTION(ReduceSumOp)
DLC_INFER_REDUCTION(ReduceMeanOp)
DLC_INFER_REDUCTION(ReduceMaxOp)
DLC_INFER_REDUCTION(ReduceMinOp)
DLC_INFER_REDUCTION(ReduceProdOp)
#undef DLC_INFER_REDUCTION

LogicalResult CumulativeOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  int64_t axis = op.getAxis();
  if (failed(normalizeAxis(loc, getOperationName(), axis, x.getRank())))
    return failure();
  types.push_back(x);
  return success();
}

#define DLC_INFER_ARG_REDUCTION(OP)                                            \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, OptionalLoc loc,    \
                                     Adaptor op,                               \
                                     SmallVectorImpl<Type> &types) {           \
    int64_t axis = op.getAxis();                                               \
    FailureOr<int64_t> d = normalizeAxis(loc, getOperationName(), axis,        \
                                         tensorType(op.getX()).getRank());     \
    if (failed(d))                                                             \
      return failure();                                                        \
    if (tensorType(op.getX()).getDimSize(*d) == 0)                             \
      return emitOptionalError(loc, "'", getOperationName(), "' op axis ",     \
                               axis, " of shape ",                             \
                               toString(op.getX().getType()),                  \
                               " is empty, expected at least one element");    \
    return inferReduced(loc, getOperationName(), op.getX(),                    \
                        ArrayRef<int64_t>(axis), op.getKeepDims(),             \
                        IntegerType::get(context, 64), types);                 \
  }
DLC_INFER_ARG_REDUCTION(ArgMaxOp)
DLC_INFER_ARG_REDUCTION(ArgMinOp)
#undef DLC_INFER_ARG_REDUCTION
