//===- Sampling.h - Samples a grid between its elements ---------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_IMPORT_ONNX_SAMPLING_H
#define DLC_LIB_IMPORT_ONNX_SAMPLING_H

#include "Rules.h"

namespace dlc::onnx_import {

enum class Interpolation { nearest, linear, cubic };
enum class Padding { zeros, border, reflection };

/// Samples a grid at fractional positions.
///
/// `rows` is [n, channels]. The row of the element at i0, i1, ... is `base` +
/// i0 strides[0] + i1 strides[1] + ... .
struct Sampler {
  Graph &g;
  TensorValue rows, base;
  Extents extents, strides;
  Interpolation mode = Interpolation::linear;
  Padding padding = Padding::zeros;
  bool alignsCorners = true;

  /// Takes one tensor of positions per dimension, all of the same shape.
  /// Returns a tensor of that shape with the channels appended.
  TensorValue at(llvm::ArrayRef<TensorValue> positions);

private:
  /// The elements that a position reads along a dimension, and their weights.
  struct Tap {
    TensorValue row, weight;
  };
  TensorValue whole(Extent e) { return g.fromElements({e}, true, g.i64()); }
  TensorValue scalar(Extent e, mlir::Type type) {
    return g.cast(whole(e), type);
  }
  TensorValue reflect(TensorValue x, size_t d);
  Tap tap(TensorValue x, size_t d, TensorValue weight);
  llvm::SmallVector<Tap> taps(TensorValue x, size_t d);
};

/// Returns a sampler for x of [N, C, D1, ..., Dr], with rows [N D1 ... Dr, C].
Sampler samplerOf(Graph &g, TensorValue x);
/// Returns the type for positions: f32, or f64 if an operand is f64.
mlir::Type positionType(Graph &g, TensorValue a, TensorValue b);

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_SAMPLING_H
