//===- DLConvolution.cpp - Convolutions -----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Dialect/DL/IR/Window.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLConvolution.cpp.inc"

/// The checks that both convolutions share: element types, ranks, channels,
/// filters, bias. The filter dimension `channelsAt` from the end, times groups,
/// is the number of channels.
template <typename Adaptor>
static LogicalResult checkConvolution(OptionalLoc loc, StringRef name,
                                      Adaptor op, bool transposed) {
  if (failed(sameElementType(loc, name, op.getOperands())))
    return failure();
  auto x = tensorType(op.getX()), filter = tensorType(op.getFilter());
  int64_t rank = x.getRank();
  if (rank < 3 || rank > 5 || filter.getRank() != rank)
    return emitOptionalError(
        loc, "'", name, "' op input of shape ", toString(x),
        " and filter of shape ", toString(filter),
        ", expected [N, spatial..., C] and [window..., channels, filters] with "
        "1 to 3 spatial dimensions");
  if (failed(verifyWindow(loc, name, op, filter.getShape().drop_back(2))))
    return failure();
  int64_t groups = op.getGroups().value_or(1);
  if (groups < 1)
    return emitOptionalError(loc, "'", name, "' op groups ", groups,
                             ", expected 1 or more");
  int64_t channels = x.getShape().back();
  int64_t inner = filter.getShape().end()[-2];
  int64_t outer = filter.getShape().back();
  int64_t all = inner; // of all groups
  bool fits = (ShapedType::isDynamic(inner) ||
               !llvm::MulOverflow(inner, groups, all)) &&
              (ShapedType::isDynamic(outer) || outer % groups == 0) &&
              mayEqual(channels, transposed ? outer : all);
  if (!fits)
    return emitOptionalError(loc, "'", name, "' op input of shape ",
                             toString(x), " does not meet filter of shape ",
                             toString(filter), " in ", groups,
                             " groups, expected a filter ",
                             transposed ? "[window..., F / groups, C]"
                                        : "[window..., C / groups, F]",
                             " with whole groups");
  int64_t filters = transposed ? all : outer;
  return checkVector(loc, name, "bias", op.getBias(), filters,
                     "the number of filters");
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(checkConvolution(loc, name, op, false)))
    return failure();
  auto x = tensorType(op.getX()), filter = tensorType(op.getFilter());
  Window window = Window::get(op, filter.getShape().drop_back(2));
  FailureOr<Shape> extents = inferWindowExtents(
      loc, name, window, x.getShape().drop_front().drop_back());
  if (failed(extents))
    return failure();
  Shape shape{x.getDimSize(0)};
  llvm::append_range(shape, *extents);
  shape.push_back(filter.getShape().back());
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

LogicalResult ConvTransposeOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                                Adaptor op,
                                                SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(checkConvolution(loc, name, op, true)))
    return failure();
  auto x = tensorType(op.getX()), filter = tensorType(op.getFilter());
  Window window = Window::get(op, filter.getShape().drop_back(2));
  std::optional<ArrayRef<int64_t>> extra = op.getOutputPadding();
  if (extra && extra->size() != window.rank())
    return emitOptionalError(loc, "'", name, "' op output_padding has ",
                             extra->size(), " values, expected ",
                             window.rank());
  Shape shape{x.getDimSize(0)};
  for (unsigned d = 0; d < window.rank(); ++d) {
    int64_t more = extra ? (*extra)[d] : 0;
    if (more < 0 ||
        (more && more >= window.strides[d] && more >= window.dilations[d]))
      return emitOptionalError(loc, "'", name, "' op output_padding ", more,
                               ", expected 0 to less than the stride ",
                               window.strides[d], " or the dilation ",
                               window.dilations[d]);
    int64_t extent = window.transposedExtent(d, x.getDimSize(d + 1), more);
    if (!ShapedType::isDynamic(extent) && extent < 1)
      return emitOptionalError(
          loc, "'", name, "' op padding leaves an output of extent ", extent,
          " in spatial dimension ", d, " for input ", toString(x),
          " and filter ", toString(filter));
    shape.push_back(extent);
  }
  int64_t inner = filter.getShape().end()[-2];
  shape.push_back(ShapedType::isDynamic(inner)
                      ? inner
                      : inner * int64_t(op.getGroups().value_or(1)));
  return pushTensor(loc, name, shape, x.getElementType(), types);
}

/// The window must be known at compile time, because it determines the code.
template <typename OpT> static LogicalResult verifyStaticWindow(OpT op) {
  auto filter = tensorType(op.getFilter());
  if (filter.getRank() < 2)
    return success(); // inference has reported the error
  if (llvm::any_of(filter.getShape().drop_back(2), ShapedType::isDynamic))
    return op.emitOpError("filter of shape ")
           << toString(filter) << " has a window of unknown extent, expected "
           << "known extents";
  if (op.getGroups().value_or(1) != 1 &&
      (filter.isDynamicDim(filter.getRank() - 1) ||
       filter.isDynamicDim(filter.getRank() - 2)))
    return op.emitOpError("grouped filter of shape ")
           << toString(filter) << ", expected known extents";
  return success();
}

LogicalResult ConvOp::verify() { return verifyStaticWindow(*this); }
LogicalResult ConvTransposeOp::verify() { return verifyStaticWindow(*this); }

LogicalResult ConvFilterGradOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                                 Adaptor op,
                                                 SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (failed(sameElementType(loc, name, op.getOperands())))
    return failure();
  auto x = tensorType(op.getX()), g = tensorType(op.getG());
  ArrayRef<int64_t> kernel = op.getWindow();
  int64_t rank = x.getRank();
  if (rank < 3 || rank > 5 || g.getRank() != rank ||
      int64_t(kernel.size()) != rank - 2)
    return emitOptionalError(
        loc, "'", name, "' op input of shape ", toString(x),
        ", gradient of "
        "shape ",
        toString(g), " and window of ", kernel.size(),
        " extents, expected [N, spatial..., C] and [N, out..., F] with 1 to 3 "
        "spatial dimensions, and an extent for each");
  if (failed(verifyWindow(loc, name, op, kernel)))
    return failure();
  int64_t groups = op.getGroups().value_or(1), channels = x.getShape().back(),
          filters = g.getShape().back();
  if (groups < 1 || (groups > 1 && (ShapedType::isDynamic(channels) ||
                                    ShapedType::isDynamic(filters) ||
                                    channels % groups || filters % groups)))
    return emitOptionalError(loc, "'", name, "' op ", groups,
                             " groups of the channels of ", toString(x),
                             " and ", toString(g), ", expected whole groups");
  Window window = Window::get(op, kernel);
  FailureOr<Shape> extents = inferWindowExtents(
      loc, name, window, x.getShape().drop_front().drop_back());
  if (failed(extents))
    return failure();
  Shape expected{x.getDimSize(0)};
  llvm::append_range(expected, *extents);
  expected.push_back(filters);
  for (auto [wanted, got] : llvm::zip(expected, g.getShape()))
    if (!mayEqual(wanted, got))
      return emitOptionalError(loc, "'", name, "' op gradient of shape ",
                               toString(g), ", expected ", toString(expected),
                               " as the result of the convolution");
  Shape shape(kernel);
  shape.push_back(ShapedType::isDynamic(channels) ? channels
                                                  : channels / groups);
  shape.push_back(filters);
  return pushTensor(loc, name, shape, x.getElementType(), types);
}
