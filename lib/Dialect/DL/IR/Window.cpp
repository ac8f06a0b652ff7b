//===- Window.cpp - The arithmetic of sliding windows ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Window.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc::dl {

int64_t Window::outputExtent(unsigned d, int64_t input) const {
  if (ShapedType::isDynamic(input) || !isKnown(d))
    return ShapedType::kDynamic;
  if (isSame())
    return llvm::divideCeil(input, strides[d]);
  int64_t room = input + low[d] + high[d] - effectiveKernel(d);
  if (room < 0)
    return 0;
  if (!ceilMode)
    return room / strides[d] + 1;
  int64_t positions = llvm::divideCeil(room, strides[d]) + 1;
  // The last window must begin inside the input or its leading padding.
  if ((positions - 1) * strides[d] >= input + low[d])
    --positions;
  return positions;
}

int64_t Window::transposedExtent(unsigned d, int64_t input,
                                 int64_t outputPadding) const {
  if (ShapedType::isDynamic(input) || !isKnown(d))
    return ShapedType::kDynamic;
  int64_t positions = isSame() ? input : input - 1;
  int64_t extent;
  if (llvm::MulOverflow(positions, strides[d], extent) || extent > maxElements)
    return maxElements + 1; // beyond the limit
  if (isSame())
    return extent;
  return extent - low[d] - high[d] + effectiveKernel(d) + outputPadding;
}

LogicalResult verifyWindow(OptionalLoc loc, StringRef op,
                           ArrayRef<int64_t> kernel,
                           std::optional<ArrayRef<int64_t>> strides,
                           std::optional<ArrayRef<int64_t>> dilations,
                           std::optional<ArrayRef<int64_t>> padding,
                           bool hasMode) {
  LogicalResult result = success();
  auto check = [&](StringRef name, std::optional<ArrayRef<int64_t>> values,
                   size_t count, int64_t least) {
    if (!values)
      return;
    if (values->size() != count)
      result = emitOptionalError(loc, "'", op, "' op ", name, " has ",
                                 values->size(), " values, expected ", count,
                                 " for ", kernel.size(), " spatial dimensions");
    for (int64_t value : *values)
      if (value < least || value > (int64_t(1) << 31))
        result =
            emitOptionalError(loc, "'", op, "' op ", name, " has the value ",
                              value, ", expected ", least, " to 2^31");
  };
  check("strides", strides, kernel.size(), 1);
  check("dilations", dilations, kernel.size(), 1);
  check("padding", padding, 2 * kernel.size(), 0);
  for (int64_t extent : kernel)
    if (!ShapedType::isDynamic(extent) &&
        (extent < 1 || extent > (int64_t(1) << 31)))
      result = emitOptionalError(loc, "'", op, "' op window extent ", extent,
                                 ", expected 1 to 2^31");
  if (padding && hasMode)
    result = emitOptionalError(
        loc, "'", op,
        "' op has both explicit and automatic padding, expected one");
  return result;
}

FailureOr<Shape> inferWindowExtents(OptionalLoc loc, StringRef op,
                                    const Window &window,
                                    ArrayRef<int64_t> input) {
  Shape extents;
  for (unsigned d = 0; d < window.rank(); ++d) {
    int64_t padded = input[d] + window.low[d] + window.high[d];
    if (!ShapedType::isDynamic(input[d]) && window.isKnown(d) &&
        !window.isSame() && padded < window.effectiveKernel(d))
      return emitOptionalError(
          loc, "'", op, "' op window of extent ", window.kernel[d],
          " and dilation ", window.dilations[d], " reaches over ",
          window.effectiveKernel(d), " elements in spatial dimension ", d,
          ", the padded input of shape ", toString(input), " has only ",
          padded);
    extents.push_back(window.outputExtent(d, input[d]));
  }
  return extents;
}

} // namespace dlc::dl
