//===- Window.h - The arithmetic of sliding windows -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolution and pooling share: the effective kernel of a window, the
// number of its positions, and the padding that those need.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_WINDOW_H
#define DLC_DIALECT_DL_IR_WINDOW_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"

namespace dlc::dl {

/// A window over `rank()` spatial dimensions, with defaults filled in.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations, low, high;
  AutoPadding mode = AutoPadding::valid;
  bool isExplicit = true;
  bool ceilMode = false;

  unsigned rank() const { return kernel.size(); }

  /// The number of elements from the first to the last that a window covers.
  int64_t effectiveKernel(unsigned d) const {
    return (kernel[d] - 1) * dilations[d] + 1;
  }

  bool isSame() const { return !isExplicit && mode != AutoPadding::valid; }

  /// Whether the window itself is known. Verifiers require it later.
  bool isKnown(unsigned d) const {
    return !mlir::ShapedType::isDynamic(kernel[d]);
  }

  /// The number of positions of the window along dimension `d` of an input of
  /// extent `input`: 1 + floor((input + low + high - effectiveKernel) /
  /// stride), or with `same` ceil(input / stride). Unknown if either is.
  int64_t outputExtent(unsigned d, int64_t input) const;

  /// The extent of the output of a transposed convolution.
  int64_t transposedExtent(unsigned d, int64_t input,
                           int64_t outputPadding) const;

  /// Reads the attributes of an op or adaptor, with defaults for absent ones.
  template <typename OpT>
  static Window get(OpT op, llvm::ArrayRef<int64_t> kernel) {
    Window window;
    auto read = [&](std::optional<llvm::ArrayRef<int64_t>> values,
                    int64_t otherwise) {
      return values ? llvm::SmallVector<int64_t>(*values)
                    : llvm::SmallVector<int64_t>(kernel.size(), otherwise);
    };
    window.kernel.assign(kernel.begin(), kernel.end());
    window.strides = read(op.getStrides(), 1);
    window.dilations = read(op.getDilations(), 1);
    window.low.assign(kernel.size(), 0);
    window.high.assign(kernel.size(), 0);
    if (auto padding = op.getPadding();
        padding && padding->size() == 2 * kernel.size()) {
      window.low.assign(padding->begin(), padding->begin() + kernel.size());
      window.high.assign(padding->begin() + kernel.size(), padding->end());
    }
    if (auto mode = op.getAutoPadding()) {
      window.mode = *mode;
      window.isExplicit = false;
    }
    return window;
  }
};

/// Checks counts and signs of window attributes: strides and dilations >= 1,
/// padding >= 0, window >= 1. Reports every problem, with one message each.
llvm::LogicalResult
verifyWindow(OptionalLoc loc, llvm::StringRef op,
             llvm::ArrayRef<int64_t> kernel,
             std::optional<llvm::ArrayRef<int64_t>> strides,
             std::optional<llvm::ArrayRef<int64_t>> dilations,
             std::optional<llvm::ArrayRef<int64_t>> padding, bool hasMode);

template <typename OpT>
llvm::LogicalResult verifyWindow(OptionalLoc loc, llvm::StringRef name, OpT op,
                                 llvm::ArrayRef<int64_t> kernel) {
  return verifyWindow(loc, name, kernel, op.getStrides(), op.getDilations(),
                      op.getPadding(), op.getAutoPadding().has_value());
}

/// Computes the spatial extents of the result. Refuses a window that does not
/// fit into the padded input.
mlir::FailureOr<Shape> inferWindowExtents(OptionalLoc loc, llvm::StringRef op,
                                          const Window &window,
                                          llvm::ArrayRef<int64_t> input);

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_WINDOW_H
