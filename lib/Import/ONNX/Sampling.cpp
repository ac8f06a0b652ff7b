//===- Sampling.cpp - Samples a grid between its elements -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Sampling.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Reflects positions at the edges until they are between them. The edges are
/// the centres of the outermost elements, or half an element further out.
TensorValue Sampler::reflect(TensorValue x, size_t d) {
  Type type = x.element();
  double edge = alignsCorners ? 0 : -0.5;
  Extent last = g.sub(extents[d], g.index(1));
  TensorValue range =
      scalar(alignsCorners ? g.max(last, g.index(1)) : extents[d], type);
  TensorValue distance = g.op<dl::AbsOp>(x - edge);
  TensorValue turns = g.op<dl::FloorOp>(distance / range);
  TensorValue rest = distance - turns * range;
  TensorValue isOdd = turns - g.op<dl::FloorOp>(turns / 2.0) * 2.0 == 1.0;
  return g.select(isOdd, range - rest, rest) + edge;
}

/// The element at an integer position, or its replacement outside the grid.
Sampler::Tap Sampler::tap(TensorValue x, size_t d, TensorValue weight) {
  Type type = x.element();
  TensorValue zero = g.number(type, 0);
  TensorValue last = scalar(g.sub(extents[d], g.index(1)), type);
  if (padding == Padding::zeros) {
    TensorValue inside = (x >= zero) & (x <= last);
    weight = g.select(inside, weight ? weight : g.number(type, 1), zero);
  } else if (padding == Padding::reflection) {
    x = reflect(x, d);
  }
  x = g.cast(min(max(x, zero), last), g.i64());
  return {x * whole(strides[d]), weight};
}

SmallVector<Sampler::Tap> Sampler::taps(TensorValue x, size_t d) {
  Type type = x.element();
  if (mode == Interpolation::nearest)
    x = g.op<dl::RoundOp>(x);
  // A position outside the grid is moved before it is split into taps.
  if (padding != Padding::zeros) {
    Extent last = g.sub(extents[d], g.index(1));
    TensorValue low = g.number(type, alignsCorners ? 0 : -0.5);
    TensorValue high = scalar(last, type) - low;
    TensorValue outside = (x < low) | (x > high);
    TensorValue moved = padding == Padding::reflection
                            ? reflect(x, d)
                            : min(max(x, 0.0), scalar(last, type));
    x = g.select(outside, moved, x);
  }
  if (mode == Interpolation::nearest)
    return {tap(x, d, TensorValue())};
  TensorValue lower = g.op<dl::FloorOp>(x), part = x - lower;
  if (mode == Interpolation::linear)
    return {tap(lower, d, 1.0 - part), tap(lower + 1.0, d, part)};
  // Keys' cubic with a = -3/4, as a function of the distance from each of four
  // elements.
  constexpr double a = -0.75;
  auto near = [&](TensorValue t) {
    return (t * (a + 2) - (a + 3)) * t * t + 1.0;
  };
  auto far = [&](TensorValue t) {
    return ((t * a - 5 * a) * t + 8 * a) * t - 4 * a;
  };
  return {tap(lower - 1.0, d, far(part + 1.0)), tap(lower, d, near(part)),
          tap(lower + 1.0, d, near(1.0 - part)),
          tap(lower + 2.0, d, far(2.0 - part))};
}

TensorValue Sampler::at(ArrayRef<TensorValue> positions) {
  SmallVector<Tap> corners{{base, TensorValue()}};
  for (size_t d = 0; d < positions.size() && !g.failed; ++d) {
    SmallVector<Tap> all;
    SmallVector<Tap> here = taps(positions[d], d);
    for (const Tap &corner : corners)
      for (const Tap &t : here)
        all.push_back({corner.row + t.row, corner.weight && t.weight
                                               ? corner.weight * t.weight
                                           : t.weight ? t.weight
                                                      : corner.weight});
    corners = all;
  }
  Type element = rows.element();
  // Integers are interpolated as floats and finally rounded towards zero.
  bool isWeighed = mode != Interpolation::nearest;
  Type type = positions[0].element();
  TensorValue from =
      isWeighed && !isa<FloatType>(element) ? g.cast(rows, type) : rows;
  TensorValue sum;
  for (const Tap &corner : corners) {
    TensorValue value = g.gather(from, corner.row, 0);
    if (g.failed)
      return {&g, Value()};
    if (corner.weight && isWeighed)
      value = value * g.cast(g.unsqueeze(corner.weight, {corner.row.rank()}),
                             from.element());
    else if (corner.weight)
      value = g.select(g.unsqueeze(corner.weight, {corner.row.rank()}) > 0.0,
                       value, g.number(element, 0));
    sum = sum ? sum + value : value;
  }
  return g.cast(sum, element);
}

Sampler samplerOf(Graph &g, TensorValue x) {
  int64_t rank = x.rank() - 2;
  Sampler s{g, {}, {}, {}, Extents(rank, g.index(1))};
  for (int64_t d = 0; d < rank; ++d)
    s.extents.push_back(g.dim(x, d + 2));
  Extent stride = g.index(1);
  for (int64_t d = rank; d-- > 0;) {
    s.strides[d] = stride;
    stride = g.mul(stride, s.extents[d]);
  }
  s.rows =
      g.reshape(g.channelsLast(x), {g.mul(g.dim(x, 0), stride), g.dim(x, 1)});
  Extents image(rank + 1, g.index(1));
  image[0] = g.dim(x, 0);
  s.base = g.iota(image, 0, g.i64()) * g.fromElements({stride}, true, g.i64());
  return s;
}

Type positionType(Graph &g, TensorValue a, TensorValue b) {
  return a.element().isF64() || b.element().isF64() ? Type(g.b.getF64Type())
                                                    : g.f32();
}

void importGridSample(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), grid = n.in(1);
  if (!x || !grid)
    return;
  int64_t rank = x.rank() - 2;
  if (rank < 1 || rank > 3 || grid.rank() != rank + 2 || grid.dim(-1) != rank ||
      !grid.isFloat()) {
    n.fail(
        "x and grid have shapes " + dl::toString(x.shape()) + " and " +
        dl::toString(grid.shape()) +
        ", expected [N, C, D1, ..., Dr] and [N, positions..., r] for r of 1 to "
        "3");
    return;
  }
  std::string mode = n.string("mode", n.version < 20 ? "bilinear" : "linear");
  std::string padding = n.string("padding_mode", "zeros");
  Sampler s = samplerOf(g, x);
  if (mode == "nearest")
    s.mode = Interpolation::nearest;
  else if (mode == (n.version < 20 ? "bicubic" : "cubic"))
    s.mode = Interpolation::cubic;
  else if (mode != (n.version < 20 ? "bilinear" : "linear")) {
    n.fail("mode is '" + mode + "', expected nearest, " +
           (n.version < 20 ? "bilinear or bicubic" : "linear or cubic"));
    return;
  }
  if (padding == "border")
    s.padding = Padding::border;
  else if (padding == "reflection")
    s.padding = Padding::reflection;
  else if (padding != "zeros") {
    n.fail("padding_mode is '" + padding +
           "', expected zeros, border or reflection");
    return;
  }
  if (s.mode != Interpolation::nearest && x.isBool()) {
    n.fail("interpolates truth values, expected mode nearest or numbers");
    return;
  }
  s.alignsCorners = n.integer("align_corners", 0);
  Type type = positionType(g, x, grid);
  grid = g.cast(grid, type);
  SmallVector<TensorValue> positions;
  for (int64_t d = 0; d < rank; ++d) {
    // The last coordinate belongs to the first spatial dimension.
    TensorValue at = g.squeeze(
        g.slice(grid, -1, g.index(rank - 1 - d), g.index(1)), {rank + 1});
    TensorValue length =
        g.cast(g.fromElements({s.extents[d]}, true, g.i64()), type);
    positions.push_back(s.alignsCorners ? (at + 1.0) / 2.0 * (length - 1.0)
                                        : ((at + 1.0) * length - 1.0) / 2.0);
  }
  n.yield(g.channelsFirst(s.at(positions)));
}

/// The positions, -1 to 1 in each dimension, as homogeneous coordinates times
/// theta.
void importAffineGrid(Node &n) {
  Graph &g = n.g;
  TensorValue theta = n.in(0);
  Extents size = n.extentsOf(1, "size");
  if (g.failed)
    return;
  int64_t rank = int64_t(size.size()) - 2;
  if ((rank != 2 && rank != 3) || theta.rank() != 3 || theta.dim(1) != rank ||
      theta.dim(2) != rank + 1 ||
      !dl::mayEqual(theta.dim(0), getConstantIntValue(size[0]).value_or(
                                      ShapedType::kDynamic))) {
    n.fail("theta has shape " + dl::toString(theta.shape()) +
           " for a size of " + Twine(size.size()) +
           " extents, expected [N, 2, 3] for [N, C, H, W] or [N, 3, 4] for "
           "[N, C, D, H, W]");
    return;
  }
  Type type = positionType(g, theta, theta);
  TensorValue wide = g.cast(theta, type);
  // Column j of theta as [N, 1, ..., 1, r].
  auto column = [&](int64_t j) {
    Extents shape(rank + 2, g.index(1));
    shape[0] = g.dim(theta, 0);
    shape[rank + 1] = g.index(rank);
    return g.reshape(g.slice(wide, 2, g.index(j), g.index(1)), shape);
  };
  bool alignsCorners = n.integer("align_corners", 0);
  TensorValue sum = column(rank);
  for (int64_t d = 0; d < rank; ++d) {
    Extent extent = size[d + 2];
    Extents shape(rank + 2, g.index(1));
    shape[d + 1] = extent;
    TensorValue at = g.cast(g.iota(shape, d + 1, g.i64()), type);
    Extent steps =
        alignsCorners ? g.max(g.sub(extent, g.index(1)), g.index(1)) : extent;
    TensorValue count = g.cast(g.fromElements({steps}, true, g.i64()), type);
    at =
        alignsCorners ? at * 2.0 / count - 1.0 : (at * 2.0 + 1.0) / count - 1.0;
    sum = sum + at * column(rank - 1 - d);
  }
  n.yield(g.cast(sum, theta.element()));
}

} // namespace dlc::onnx_import
