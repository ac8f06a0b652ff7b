//===- Sampling.h - Reading a grid between its elements ---------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_IMPORT_ONNX_SAMPLING_H
#define DLC_LIB_IMPORT_ONNX_SAMPLING_H

#include "Rules.h"

namespace dlc::onnx_import {

enum class Interpolation { nearest, linear, cubic };
enum class Padding { zeros, border, reflection };

/// Values of a grid at places that need not be whole.
///
/// `rows` is [n, channels]; the row of the element at i0, i1, ... is the sum
/// of `base` and i0 strides[0] + i1 strides[1] + ... .
struct Sampler {
  Graph &g;
  TensorValue rows, base;
  Extents extents, strides;
  Interpolation mode = Interpolation::linear;
  Padding padding = Padding::zeros;
  bool alignsCorners = true;

  /// One tensor of places for each dimension, all of one shape, gives that
  /// shape with the channels behind it.
  TensorValue at(llvm::ArrayRef<TensorValue> places);

private:
  /// The elements that a place reads along a dimension, and their weights.
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

/// x of [N, C, D1, ..., Dr] as a grid of rows [N D1 ... Dr, C].
Sampler samplerOf(Graph &g, TensorValue x);
/// In which places are computed: f32, or f64 where an operand is.
mlir::Type placeType(Graph &g, TensorValue a, TensorValue b);

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_SAMPLING_H
