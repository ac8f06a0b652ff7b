//===- Geometry.h - What derivatives of windows share -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_AUTODIFF_GEOMETRY_H
#define DLC_LIB_AUTODIFF_GEOMETRY_H

#include "dlc/Autodiff/Gradients.h"
#include "dlc/Dialect/DL/IR/Window.h"

namespace dlc {

/// The attributes of a convolution, for the convolutions of its derivatives.
struct Geometry {
  dl::Window window;
  mlir::IntegerAttr groups;
  mlir::DenseI64ArrayAttr padding; // low of all dimensions, then high

  mlir::DenseI64ArrayAttr strides(mlir::OpBuilder &b) const {
    return b.getDenseI64ArrayAttr(window.strides);
  }
  mlir::DenseI64ArrayAttr dilations(mlir::OpBuilder &b) const {
    return b.getDenseI64ArrayAttr(window.dilations);
  }

  /// Reads the geometry of an op over an input with the given spatial extents,
  /// with `same` expressed as explicit padding. Reports an error and fails if
  /// padding depends on unknown extents.
  template <typename OpT>
  static mlir::FailureOr<Geometry> read(OpT op, llvm::ArrayRef<int64_t> kernel,
                                        llvm::ArrayRef<int64_t> extents,
                                        mlir::IntegerAttr groups) {
    mlir::OpBuilder b(op.getContext());
    Geometry result;
    dl::Window &window = result.window;
    window = dl::Window::get(op, kernel);
    result.groups = groups;
    if (window.isSame()) {
      for (unsigned d = 0; d < window.rank(); ++d) {
        int64_t total;
        if (window.strides[d] == 1) {
          total = window.effectiveKernel(d) - 1;
        } else if (mlir::ShapedType::isDynamic(extents[d])) {
          return op.emitOpError("with padding '")
                 << dl::stringifyAutoPadding(window.mode) << "', stride "
                 << window.strides[d] << " and an unknown extent in spatial "
                 << "dimension " << d << " has no derivative, expected a known "
                 << "extent or padding in numbers";
        } else {
          int64_t positions = window.outputExtent(d, extents[d]);
          total = std::max<int64_t>((positions - 1) * window.strides[d] +
                                        window.effectiveKernel(d) - extents[d],
                                    0);
        }
        window.low[d] = window.mode == dl::AutoPadding::same
                            ? total / 2
                            : total - total / 2;
        window.high[d] = total - window.low[d];
      }
      window.isExplicit = true;
    }
    llvm::SmallVector<int64_t> both(window.low);
    llvm::append_range(both, window.high);
    result.padding = b.getDenseI64ArrayAttr(both);
    return result;
  }
};

/// The cotangent of the input `like` of a convolution with this filter, where
/// `g` is the cotangent of its result.
mlir::Value convTranspose(const Geometry &how, dl::formula::TensorExpr g,
                          mlir::Value filter, dl::formula::TensorExpr like);

} // namespace dlc

#endif // DLC_LIB_AUTODIFF_GEOMETRY_H
