//===- DLShape.cpp - Ops that move elements -------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLShape.cpp.inc"

//===----------------------------------------------------------------------===//
// Reshape, flatten
//===----------------------------------------------------------------------===//

/// Checks that there is one operand for each `?` of a type.
static LogicalResult checkExtents(Operation *op, RankedTensorType type,
                                  ValueRange extents) {
  int64_t unknown = llvm::count_if(type.getShape(), ShapedType::isDynamic);
  if (unknown == int64_t(extents.size()))
    return success();
  return op->emitOpError("has ")
         << extents.size() << " extents for the " << unknown
         << " unknown ones of " << toString(type) << ", expected one for each";
}

LogicalResult ReshapeOp::verify() {
  auto x = getX().getType(), y = getY().getType();
  if (x.getElementType() != y.getElementType())
    return emitOpError("element types ")
           << x.getElementType() << " and " << y.getElementType()
           << " differ, expected the same";
  int64_t unknown = llvm::count_if(y.getShape(), ShapedType::isDynamic);
  if (!getExtents().empty()) {
    if (failed(checkExtents(*this, y, getExtents())))
      return failure();
  } else if (unknown > 1 && x != y) {
    return emitOpError("to ")
           << toString(y)
           << " has more than one unknown extent, expected at most one, or an "
              "operand for each";
  }
  SmallVector<Type> checked;
  if (failed(pushTensor(getLoc(), getOperationName(), y.getShape(),
                        y.getElementType(), checked)))
    return failure();
  if (x.hasStaticShape() && y.hasStaticShape() &&
      x.getNumElements() != y.getNumElements())
    return emitOpError("from ")
           << toString(x) << " (" << x.getNumElements() << " elements) to "
           << toString(y) << " (" << y.getNumElements()
           << " elements), expected equal counts";
  if (x.hasStaticShape() && unknown == 1 && getExtents().empty()) {
    int64_t product = 1;
    for (int64_t extent : y.getShape())
      product *= ShapedType::isDynamic(extent) ? 1 : extent;
    if (product == 0 || x.getNumElements() % product)
      return emitOpError("from ") << toString(x) << " to " << toString(y)
                                  << ", whose known extents do not divide the "
                                  << x.getNumElements() << " elements";
  }
  return success();
}

/// A splat in another shape. Equal elements may be moved anywhere.
static OpFoldResult foldSplat(Attribute attribute, RankedTensorType type) {
  auto splat = dyn_cast_if_present<SplatElementsAttr>(attribute);
  if (splat && type.hasStaticShape())
    return splat.resizeSplat(type);
  return {};
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (OpFoldResult splat = foldSplat(adaptor.getX(), getType()))
    return splat;
  if (getX().getType() == getType() && getExtents().empty())
    return getX();
  // A reshape of a reshape skips the first one.
  if (auto first = getX().getDefiningOp<ReshapeOp>()) {
    getXMutable().assign(first.getX());
    return getResult();
  }
  return {};
}

LogicalResult FlattenOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  int64_t axis = op.getAxis();
  if (axis < 0 || axis > x.getRank())
    return emitOptionalError(loc, "'", getOperationName(), "' op axis ", axis,
                             ", expected 0 to ", x.getRank(),
                             " for an operand of shape ", toString(x));
  Shape shape(x.getShape().take_front(axis));
  int64_t product = 1;
  for (int64_t extent : x.getShape().drop_front(axis)) {
    if (ShapedType::isDynamic(extent)) {
      product = extent;
      break;
    }
    if (llvm::MulOverflow(product, extent, product))
      product = maxElements + 1;
  }
  shape.push_back(product);
  return pushTensor(loc, getOperationName(), shape, x.getElementType(), types);
}

//===----------------------------------------------------------------------===//
// Broadcast, iota
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  auto x = getX().getType(), y = getY().getType();
  if (x.getElementType() != y.getElementType())
    return emitOpError("element types ")
           << x.getElementType() << " and " << y.getElementType()
           << " differ, expected the same";
  FailureOr<Shape> joined = broadcastShapes(x.getShape(), y.getShape());
  if (failed(joined) || x.getRank() > y.getRank() ||
      !llvm::all_of(llvm::zip(*joined, y.getShape()), [](auto pair) {
        auto [a, b] = pair;
        return a == b || ShapedType::isDynamic(b);
      }))
    return emitOpError("from ")
           << toString(x) << " to " << toString(y)
           << ": aligned at the last dimension, extents must be equal or 1 in "
              "the operand";
  SmallVector<Type> checked;
  if (failed(pushTensor(getLoc(), getOperationName(), y.getShape(),
                        y.getElementType(), checked)))
    return failure();
  return checkExtents(*this, y, getExtents());
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType() && getType().hasStaticShape())
    return getX();
  return foldSplat(adaptor.getX(), getType());
}

LogicalResult IotaOp::verify() {
  auto y = getY().getType();
  if (failed(normalizeAxis(getLoc(), getOperationName(), int64_t(getAxis()),
                           y.getRank())))
    return failure();
  return checkExtents(*this, y, getExtents());
}

//===----------------------------------------------------------------------===//
// Transpose, concat, split, slice
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX());
  ArrayRef<int64_t> permutation = op.getPermutation();
  SmallVector<bool> seen(x.getRank(), false);
  bool valid = int64_t(permutation.size()) == x.getRank();
  for (int64_t d : permutation) {
    valid = valid && d >= 0 && d < x.getRank() && !seen[d];
    if (valid)
      seen[d] = true;
  }
  if (!valid)
    return emitOptionalError(loc, "'", getOperationName(), "' op permutation [",
                             toString(permutation), "] is not one of the ",
                             x.getRank(), " dimensions of shape ", toString(x));
  Shape shape;
  for (int64_t d : permutation)
    shape.push_back(x.getDimSize(d));
  return pushTensor(loc, getOperationName(), shape, x.getElementType(), types);
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (OpFoldResult splat =
          foldSplat(adaptor.getX(), cast<RankedTensorType>(getType())))
    return splat;
  ArrayRef<int64_t> permutation = getPermutation();
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return getX();
  // Two transposes in a row are one.
  auto first = getX().getDefiningOp<TransposeOp>();
  if (!first)
    return {};
  SmallVector<int64_t> composed;
  for (int64_t d : permutation)
    composed.push_back(first.getPermutation()[d]);
  getXMutable().assign(first.getX());
  setPermutation(composed);
  return getResult();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (op.getInputs().empty())
    return emitOptionalError(loc, "'", name,
                             "' op has no operand, expected at least one");
  if (failed(sameElementType(loc, name, op.getInputs())))
    return failure();
  auto first = tensorType(op.getInputs().front());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, name, op.getAxis(), first.getRank());
  if (failed(axis))
    return failure();
  Shape shape(first.getShape());
  for (Value input : op.getInputs().drop_front()) {
    ArrayRef<int64_t> other = tensorType(input).getShape();
    bool fits = other.size() == shape.size();
    for (int64_t d = 0; fits && d < int64_t(shape.size()); ++d) {
      if (d == *axis) {
        bool unknown =
            ShapedType::isDynamic(shape[d]) || ShapedType::isDynamic(other[d]);
        shape[d] = unknown ? ShapedType::kDynamic : shape[d] + other[d];
      } else {
        fits = mayEqual(shape[d], other[d]);
        shape[d] = known(shape[d], other[d]);
      }
    }
    if (!fits)
      return emitOptionalError(loc, "'", name, "' op operands of shapes ",
                               toString(first), " and ", toString(other),
                               " differ in more than axis ", *axis);
  }
  return pushTensor(loc, name, shape, first.getElementType(), types);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? getInputs().front() : Value();
}

LogicalResult SplitOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX());
  FailureOr<int64_t> axis = normalizeAxis(loc, name, op.getAxis(), x.getRank());
  if (failed(axis))
    return failure();
  int64_t total = 0;
  bool negative = false;
  for (int64_t size : op.getSizes()) {
    negative |= size < 0 || llvm::AddOverflow(total, size, total);
  }
  if (negative || op.getSizes().empty() ||
      !mayEqual(total, x.getDimSize(*axis)))
    return emitOptionalError(
        loc, "'", name, "' op sizes [", toString(op.getSizes()),
        "] do not add up to axis ", *axis, " of shape ", toString(x));
  for (int64_t size : op.getSizes()) {
    Shape shape(x.getShape());
    shape[*axis] = size;
    if (failed(pushTensor(loc, name, shape, x.getElementType(), types)))
      return failure();
  }
  return success();
}

void SliceOp::build(OpBuilder &b, OperationState &state, Value x, int64_t axis,
                    int64_t start, int64_t end) {
  int64_t rank = tensorType(x).getRank();
  SmallVector<int64_t> starts(rank, 0),
      ends(rank, std::numeric_limits<int64_t>::max());
  starts[axis] = start;
  ends[axis] = end;
  build(b, state, x, b.getDenseI64ArrayAttr(starts),
        b.getDenseI64ArrayAttr(ends), DenseI64ArrayAttr());
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX());
  SmallVector<int64_t> steps(x.getRank(), 1);
  if (op.getSteps())
    steps.assign(op.getSteps()->begin(), op.getSteps()->end());
  size_t rank = x.getRank();
  if (op.getStarts().size() != rank || op.getEnds().size() != rank ||
      steps.size() != rank)
    return emitOptionalError(loc, "'", name, "' op has ", op.getStarts().size(),
                             " starts, ", op.getEnds().size(), " ends and ",
                             steps.size(), " steps for an operand of shape ",
                             toString(x), ", expected ", rank, " of each");
  Shape shape;
  for (size_t d = 0; d < rank; ++d) {
    int64_t extent = x.getDimSize(d), step = steps[d];
    if (step == 0 || step == std::numeric_limits<int64_t>::min())
      return emitOptionalError(loc, "'", name, "' op step ", step,
                               " in dimension ", d,
                               ", expected another number");
    if (ShapedType::isDynamic(extent)) {
      shape.push_back(extent);
      continue;
    }
    auto clamp = [&](int64_t position) {
      if (position < 0)
        position = position < -extent ? -1 : position + extent;
      return step > 0 ? std::clamp<int64_t>(position, 0, extent)
                      : std::clamp<int64_t>(position, -1, extent - 1);
    };
    int64_t start = clamp(op.getStarts()[d]), end = clamp(op.getEnds()[d]);
    int64_t length = step > 0 ? end - start : start - end;
    int64_t pace = step > 0 ? step : -step;
    shape.push_back(length <= 0 ? 0 : (length - 1) / pace + 1);
  }
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

//===----------------------------------------------------------------------===//
// Pad, gather, upsample
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                      Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX());
  if (int64_t(op.getLow().size()) != x.getRank() ||
      int64_t(op.getHigh().size()) != x.getRank())
    return emitOptionalError(
        loc, "'", name, "' op has ", op.getLow().size(), " low and ",
        op.getHigh().size(), " high values for an operand of shape ",
        toString(x), ", expected ", x.getRank(), " of each");
  Shape shape;
  for (int64_t d = 0; d < x.getRank(); ++d) {
    int64_t low = op.getLow()[d], high = op.getHigh()[d];
    if (low < 0 || high < 0 || low > (int64_t(1) << 40) ||
        high > (int64_t(1) << 40))
      return emitOptionalError(loc, "'", name, "' op pads dimension ", d,
                               " of shape ", toString(x), " by ", low, " and ",
                               high, ", expected 0 or more (dl.slice crops)");
    int64_t extent = x.getDimSize(d);
    shape.push_back(ShapedType::isDynamic(extent) ? extent
                                                  : extent + low + high);
  }
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

LogicalResult PadOp::verify() {
  auto x = getX().getType();
  if (getMode() == PadMode::constant)
    return success();
  for (int64_t d = 0; d < x.getRank(); ++d) {
    int64_t most = std::max(getLow()[d], getHigh()[d]);
    int64_t extent = x.getDimSize(d);
    if (!most || ShapedType::isDynamic(extent))
      continue;
    int64_t limit = getMode() == PadMode::edge      ? (extent ? most : 0)
                    : getMode() == PadMode::reflect ? extent - 1
                                                    : extent;
    if (most > limit)
      return emitOpError("pads dimension ")
             << d << " of shape " << toString(x) << " by " << most << ", mode "
             << stringifyPadMode(getMode()) << " allows at most " << limit;
  }
  return success();
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX()), indices = tensorType(op.getIndices());
  FailureOr<int64_t> axis = normalizeAxis(loc, name, op.getAxis(), x.getRank());
  if (failed(axis))
    return failure();
  if (x.getDimSize(*axis) == 0)
    return emitOptionalError(loc, "'", name, "' op axis ", *axis, " of shape ",
                             toString(x),
                             " is empty, expected at least one "
                             "element to pick");
  Shape shape(x.getShape().take_front(*axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, x.getShape().drop_front(*axis + 1));
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

LogicalResult UpsampleOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                           Adaptor op,
                                           SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto x = tensorType(op.getX());
  ArrayRef<int64_t> scales = op.getScales();
  if (x.getRank() < 3 || int64_t(scales.size()) != x.getRank() - 2)
    return emitOptionalError(loc, "'", name, "' op has ", scales.size(),
                             " scales for an operand of shape ", toString(x),
                             ", expected one for each spatial dimension of "
                             "[N, spatial..., C]");
  Shape shape(x.getShape());
  for (auto [d, scale] : llvm::enumerate(scales)) {
    if (scale < 1 || scale > (int64_t(1) << 31))
      return emitOptionalError(loc, "'", name, "' op scale ", scale,
                               " over an operand of shape ", toString(x),
                               ", expected 1 to 2^31");
    int64_t &extent = shape[d + 1];
    if (!ShapedType::isDynamic(extent) &&
        llvm::MulOverflow(extent, scale, extent))
      return emitOptionalError(loc, "'", name, "' op scale ", scale,
                               " over an operand of shape ", toString(x),
                               " overflows");
  }
  return pushTensor(loc, name, shape, x.getElementType(), types);
}
