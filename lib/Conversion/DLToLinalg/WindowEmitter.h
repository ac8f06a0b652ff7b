//===- WindowEmitter.h - Windows over possibly unknown extents --*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H
#define DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H

#include "Emitter.h"
#include "dlc/Dialect/DL/IR/Window.h"

namespace dlc {

/// The padding and the number of positions of a window: attributes if the
/// extents of the input are known, otherwise values computed at run time.
struct WindowSizes {
  Sizes low, high, positions;
};

/// `high` is the padding that the positions need. Elements that no window
/// covers are not padded; a window that overhangs in ceil mode is.
WindowSizes computeWindow(Emitter &e, const dl::Window &window, mlir::Value x);

/// Pads the spatial dimensions of `[N, spatial..., C]`.
mlir::Value padSpatial(Emitter &e, mlir::Value x, const WindowSizes &sizes,
                       double number);

/// Maps the loops (n, out..., extra..., window...) to the elements `[n, out *
/// stride + window * dilation..., rest...]` of the input.
mlir::AffineMap windowMap(Emitter &e, const dl::Window &window, unsigned loops,
                          unsigned firstOut, unsigned firstWindow,
                          llvm::ArrayRef<int64_t> rest);

} // namespace dlc

#endif // DLC_LIB_CONVERSION_DLTOLINALG_WINDOWEMITTER_H
