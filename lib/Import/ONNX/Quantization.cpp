//===- Quantization.cpp - Quantised ops as float arithmetic ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

/// Reshapes a scale or zero point to broadcast over x. It is a scalar, a vector
/// along the axis, or has one entry per block of `block` elements along it.
static TensorValue spread(Node &n, TensorValue x, TensorValue parameter,
                          int64_t block) {
  Graph &g = n.g;
  if (parameter.rank() == 0)
    return parameter;
  if (parameter.rank() == 1 && parameter.dim(0) == 1)
    return g.reshape(parameter, {});
  int64_t axis = n.axis(n.integer("axis", 1), x.rank());
  if (block) {
    // Repeat each entry, and crop if the last block is not full.
    Extents shape = g.dims(parameter), wide;
    for (auto [d, extent] : llvm::enumerate(shape)) {
      wide.push_back(extent);
      if (int64_t(d) == axis)
        wide.push_back(g.index(block));
    }
    shape[axis] = g.mul(shape[axis], g.index(block));
    TensorValue repeated =
        g.reshape(g.broadcast(g.unsqueeze(parameter, {axis + 1}), wide), shape);
    return g.slice(repeated, axis, g.index(0), g.dim(x, axis));
  }
  Extents shape(x.rank() - axis, g.index(1));
  shape[0] = g.dim(parameter, 0);
  return g.reshape(parameter, shape);
}

/// Rounds to nearest even and saturates to the range of the type.
static TensorValue quantize(Node &n, TensorValue x, TensorValue scale,
                            TensorValue zero, Type element, int64_t block) {
  Graph &g = n.g;
  Type type = g.f32();
  TensorValue y = g.cast(x, type) / g.cast(spread(n, x, scale, block), type);
  if (isa<FloatType>(element)) {
    if (zero)
      y = y + g.cast(spread(n, x, zero, block), type);
    return g.cast(y, element, n.integer("saturate", 1) == 0);
  }
  y = g.op<dl::RoundOp>(y);
  if (zero)
    y = y + g.cast(spread(n, x, zero, block), type);
  unsigned width = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  double least = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double most = std::ldexp(1.0, isUnsigned ? width : width - 1) - 1;
  y = min(max(y, g.number(type, least)), g.number(type, most));
  return g.cast(y, element);
}

void importQuantizeLinear(Node &n) {
  Graph &g = n.g;
  Type element = g.b.getIntegerType(8, /*isSigned=*/false);
  if (int64_t type = n.integer("output_dtype", 0))
    element = elementType(g.b.getContext(), type);
  if (n.has(2))
    element = n.in(2).element();
  if (!element) {
    n.fail("output_dtype is none that dlc has");
    return;
  }
  n.yield(quantize(n, n.in(0), n.in(1), n.has(2) ? n.in(2) : TensorValue(),
                   element, n.integer("block_size", 0)));
}

void importDequantizeLinear(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), scale = n.in(1);
  int64_t block = n.integer("block_size", 0);
  Type element = scale.element();
  if (int64_t type = n.integer("output_dtype", 0))
    element = elementType(g.b.getContext(), type);
  if (!element) {
    n.fail("output_dtype is none that dlc has");
    return;
  }
  Type wide = g.f32();
  TensorValue y;
  if (x.isFloat()) {
    y = g.cast(x, wide);
    if (n.has(2))
      y = y - g.cast(spread(n, x, n.in(2), block), wide);
  } else {
    // Subtract first: that is exact in integers.
    TensorValue exact = g.cast(x, g.i64());
    if (n.has(2))
      exact = exact - g.cast(spread(n, x, n.in(2), block), g.i64());
    y = g.cast(exact, wide);
  }
  n.yield(g.cast(y * g.cast(spread(n, x, scale, block), wide), element));
}

void importDynamicQuantizeLinear(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Type type = g.f32(), element = g.b.getIntegerType(8, /*isSigned=*/false);
  Ints axes = upTo(x.rank());
  TensorValue zero = g.number(type, 0), full = g.number(type, 255);
  TensorValue most = max(g.reduce<dl::ReduceMaxOp>(x, axes, false), zero);
  TensorValue least = min(g.reduce<dl::ReduceMinOp>(x, axes, false), zero);
  // If x is all zeros, the range is empty and any scale would do; use 1 as ONNX
  // Runtime does.
  TensorValue scale =
      g.select(most == least, g.number(type, 1), (most - least) / 255.0);
  TensorValue point = g.op<dl::RoundOp>(min(max(-least / scale, zero), full));
  n.yield(0, quantize(n, x, scale, g.cast(point, element), element, 0));
  n.yield(1, scale);
  n.yield(2, g.cast(point, element));
}

/// Returns (x - zero point) in i64, or x if there is no zero point.
static TensorValue centered(Node &n, size_t i, size_t zeroAt) {
  Graph &g = n.g;
  TensorValue x = g.cast(n.in(i), g.i64());
  if (!n.has(zeroAt))
    return x;
  TensorValue zero = g.cast(n.in(zeroAt), g.i64());
  return x - zero;
}

void importMatMulInteger(Node &n) {
  Graph &g = n.g;
  TensorValue a = centered(n, 0, 2), b = centered(n, 1, 3);
  n.yield(g.cast(matmulOf(g, a, b), g.b.getI32Type()));
}

/// Reshapes a scalar, or one entry per filter, to broadcast along the first
/// dimension of `rank`.
static TensorValue perFilter(Graph &g, TensorValue parameter, int64_t rank) {
  if (parameter.rank() == 0)
    return parameter;
  if (g.failed || rank < 1)
    return g.fail("its filters have too few dimensions");
  Extents shape(rank, g.index(1));
  shape[0] = g.dim(parameter, 0);
  return g.reshape(parameter, shape);
}

/// Returns the sum of all products as i32. Padding has the value of the zero
/// point, which contributes nothing after the subtraction.
static TensorValue integerConv(Node &n, size_t xAt, size_t wAt, size_t xZero,
                               size_t wZero) {
  Graph &g = n.g;
  TensorValue x = centered(n, xAt, xZero), w = g.cast(n.in(wAt), g.i64());
  if (n.has(wZero))
    w = w - perFilter(g, g.cast(n.in(wZero), g.i64()), w.rank());
  // Products of bytes are below 2^16, so f32 adds up 256 of them exactly.
  constexpr int64_t most = 256;
  int64_t terms = 1;
  for (int64_t extent : w.shape().drop_front(std::min<int64_t>(w.rank(), 1)))
    terms = ShapedType::isDynamic(extent)
                ? most + 1
                : std::min(terms * std::min(extent, most + 1), most + 1);
  Type type = terms <= most ? g.f32() : Type(g.b.getF64Type());
  return g.cast(convolve(n, g.cast(x, type), g.cast(w, type), TensorValue()),
                g.b.getI32Type());
}

void importConvInteger(Node &n) { n.yield(integerConv(n, 0, 1, 2, 3)); }

void importQLinearConv(Node &n) {
  Graph &g = n.g;
  TensorValue sum = integerConv(n, 0, 3, 2, 5);
  int64_t rank = sum.rank() - 1;
  if (n.has(8))
    sum = sum + perFilter(g, n.in(8), rank);
  TensorValue scale =
      g.cast(n.in(1), g.f32()) * perFilter(g, g.cast(n.in(4), g.f32()), rank);
  n.yield(quantize(n, g.cast(sum, g.f32()) * scale, n.in(6), n.in(7),
                   n.in(7).element(), 0));
}

void importQLinearMatMul(Node &n) {
  Graph &g = n.g;
  TensorValue a = centered(n, 0, 2), b = centered(n, 3, 5);
  TensorValue product = g.cast(matmulOf(g, a, b), g.f32());
  TensorValue scaled =
      product * (g.cast(n.in(1), g.f32()) * g.cast(n.in(4), g.f32()));
  n.yield(quantize(n, scaled, n.in(6), n.in(7), n.in(7).element(), 0));
}

} // namespace dlc::onnx_import
