//===- Inference.cpp - Shape inference shared by op families --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc::dl {

std::string toString(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  return llvm::join(llvm::map_range(shape,
                                    [](int64_t extent) {
                                      return ShapedType::isDynamic(extent)
                                                 ? std::string("?")
                                                 : std::to_string(extent);
                                    }),
                    "x");
}

bool areCompatibleTypes(TypeRange inferred, TypeRange actual) {
  return inferred.size() == actual.size() &&
         llvm::all_of(llvm::zip(inferred, actual), [](auto pair) {
           auto [a, b] = pair;
           return getElementTypeOrSelf(a) == getElementTypeOrSelf(b) &&
                  succeeded(verifyCompatibleShape(a, b));
         });
}

FailureOr<Shape> broadcastShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape result(a);
  size_t skipped = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &extent = result[skipped + i];
    if (extent == 1)
      extent = b[i];
    else if (b[i] == 1)
      continue;
    else if (!mayEqual(extent, b[i]))
      return failure();
    else
      extent = known(extent, b[i]);
  }
  return result;
}

bool isBounded(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    if (!ShapedType::isDynamic(extent) && extent != 0 &&
        (llvm::MulOverflow(count, extent, count) || count > maxElements))
      return false;
  return true;
}

RankedTensorType tensorType(Value value) {
  auto type = llvm::cast<RankedTensorType>(value.getType());
  if (isBounded(type.getShape()))
    return type;
  Shape shape(type.getShape());
  for (int64_t &extent : shape)
    extent = std::min(extent, maxElements + 1);
  return RankedTensorType::get(shape, type.getElementType());
}

LogicalResult checkBounds(Operation *op) {
  auto check = [&](StringRef what, auto values) -> LogicalResult {
    for (auto [i, value] : llvm::enumerate(values))
      if (auto type = dyn_cast<RankedTensorType>(value.getType());
          type && !isBounded(type.getShape()))
        return op->emitOpError(what)
               << " #" << i << " of shape " << toString(type)
               << " has more than 2^45 elements, which no memory holds";
    return success();
  };
  return success(succeeded(check("operand", op->getOperands())) &&
                 succeeded(check("result", op->getResults())));
}

LogicalResult checkTensors(OptionalLoc loc, StringRef op, ValueRange operands) {
  // Two ops take scalars after their tensors. The verifier checks their types;
  // inference does not read them.
  size_t tensors = llvm::StringSwitch<size_t>(op)
                       .Case("dl.non_max_suppression", 2)
                       .Case("dl.top_k", 1)
                       .Default(operands.size());
  for (auto [i, operand] : llvm::enumerate(operands.take_front(tensors))) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !type.getElementType().isIntOrFloat() ||
        type.getElementTypeBitWidth() > 64)
      return emitOptionalError(loc, "'", op, "' op operand #", i, " has type ",
                               operand.getType(),
                               ", expected a ranked tensor of integers or "
                               "floats of 64 bits at most");
  }
  return success();
}

LogicalResult pushTensor(OptionalLoc loc, StringRef op, ArrayRef<int64_t> shape,
                         Type element, SmallVectorImpl<Type> &types) {
  if (!isBounded(shape)) // the verifier has not yet checked the extents
    return emitOptionalError(loc, "'", op,
                             "' op result has more than 2^45 elements, which "
                             "no memory holds");
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

FailureOr<int64_t> normalizeAxis(OptionalLoc loc, StringRef op, int64_t axis,
                                 int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitOptionalError(loc, "'", op, "' op axis ", axis,
                             " is out of range for an operand of rank ", rank,
                             ", expected ", -rank, " to ", rank - 1);
  return axis < 0 ? axis + rank : axis;
}

LogicalResult sameElementType(OptionalLoc loc, StringRef op,
                              ValueRange operands) {
  Type first = getElementTypeOrSelf(operands.front());
  for (auto [i, operand] : llvm::enumerate(operands))
    if (Type other = getElementTypeOrSelf(operand); other != first)
      return emitOptionalError(loc, "'", op, "' op operand ", i,
                               " has element type ", other, ", expected ",
                               first, " as operand 0");
  return success();
}

LogicalResult inferElementwise(MLIRContext *context, OptionalLoc loc,
                               StringRef op, ValueRange operands, Type element,
                               SmallVectorImpl<Type> &types) {
  // The first of three operands is the condition of a select.
  ValueRange values = operands.size() == 3 ? operands.drop_front() : operands;
  if (failed(sameElementType(loc, op, values)))
    return failure();
  Shape shape(tensorType(operands.front()).getShape());
  for (Value operand : operands.drop_front()) {
    ArrayRef<int64_t> other = tensorType(operand).getShape();
    FailureOr<Shape> joined = broadcastShapes(shape, other);
    if (failed(joined))
      return emitOptionalError(
          loc, "'", op, "' op shapes ", toString(shape), " and ",
          toString(other),
          " do not broadcast: aligned at the last dimension, extents must be "
          "equal or 1");
    shape = std::move(*joined);
  }
  return pushTensor(loc, op, shape, element, types);
}

LogicalResult checkVector(OptionalLoc loc, StringRef op, StringRef name,
                          Value operand, int64_t extent, StringRef of) {
  if (!operand)
    return success();
  ArrayRef<int64_t> shape = tensorType(operand).getShape();
  if (shape.size() == 1 && mayEqual(shape[0], extent))
    return success();
  return emitOptionalError(loc, "'", op, "' op ", name, " has shape ",
                           toString(shape), ", expected ",
                           toString(ArrayRef<int64_t>(extent)), " as ", of);
}

} // namespace dlc::dl
