//===- WindowEmitter.h - Windows over possibly unknown extents --*- C++ -*-===//

#ifndef DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H
#define DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H

#include "Emitter.h"
#include "dlc/Dialect/DL/IR/Window.h"

namespace dlc {

/// A window's padding and places as sizes: attributes where the input's extents
/// are known, values computed at run time where they are not.
struct WindowSizes {
  Sizes low, high, places;
};

/// `high` is what the places need: elements that no window touches are not
/// padded, and a window that hangs over the edge in ceil mode is.
WindowSizes computeWindow(Emitter &e, const dl::Window &window, mlir::Value x);

/// Pads the spatial dimensions of `[N, spatial..., C]`.
mlir::Value padSpatial(Emitter &e, mlir::Value x, const WindowSizes &sizes,
                       double number);

/// The map from (n, out..., extra..., window...) loops to the elements
/// `[n, out * stride + window * dilation..., rest...]` of the input.
mlir::AffineMap windowMap(Emitter &e, const dl::Window &window, unsigned loops,
                          unsigned firstOut, unsigned firstWindow,
                          llvm::ArrayRef<int64_t> rest);

} // namespace dlc

#endif // DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H
