//===- DifferentiatePooling.cpp - Pooling ---------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Geometry.h"
#include "Rules.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace dlc;
using dl::Window;
using dl::formula::TensorExpr;

/// The limit for taps of a window and for strides, because code is emitted for
/// each. Beyond it, the gradients of the maxima are scattered one by one.
static constexpr int64_t maxTaps = 32;

/// The window with `same` and overhanging windows expressed as explicit
/// padding. Fails for unknown extents.
template <typename OpT>
static FailureOr<Window> readStatic(OpT op, TensorExpr x, TensorExpr y) {
  Window window = Window::get(op, op.getWindow());
  for (unsigned d = 0; d < window.rank(); ++d) {
    int64_t extent = x.shape()[d + 1], positions = y.shape()[d + 1];
    if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(positions))
      return failure();
    int64_t needed =
        (positions - 1) * window.strides[d] + window.effectiveKernel(d);
    if (window.isSame()) {
      int64_t total = std::max<int64_t>(needed - extent, 0);
      window.low[d] =
          window.mode == dl::AutoPadding::same ? total / 2 : total - total / 2;
    }
    window.high[d] = needed - extent - window.low[d]; // negative: cuts rows
  }
  return window;
}

/// Whether no element is in two windows.
static bool isDisjoint(const Window &window) {
  for (unsigned d = 0; d < window.rank(); ++d)
    if (window.strides[d] < window.kernel[d] || window.dilations[d] != 1)
      return false;
  return true;
}

/// Copies each element of a result `[N, out..., C]` to all positions of its
/// window in the input, which has the shape of `like`. Positions outside all
/// windows are 0. Windows must be disjoint.
static TensorExpr spread(TensorExpr t, const Window &window, TensorExpr like) {
  OpBuilder &b = *t.b;
  // [N, out, 1, out, 1, C] is repeated to [N, out, k, out, k, C]. Rows of zeros
  // are inserted between windows where the stride is larger.
  unsigned rank = window.rank();
  bool hasGaps = false;
  for (unsigned d = 0; d < rank; ++d)
    hasGaps |= window.strides[d] > window.kernel[d];
  SmallVector<int64_t> apart{t.shape()[0]}, wide{t.shape()[0]};
  SmallVector<int64_t> gaps{0};
  for (unsigned d = 0; d < rank; ++d) {
    apart.append({t.shape()[d + 1], 1});
    wide.append({t.shape()[d + 1], window.kernel[d]});
    gaps.append({0, window.strides[d] - window.kernel[d]});
  }
  apart.push_back(t.shape().back());
  wide.push_back(t.shape().back());
  gaps.push_back(0);
  SmallVector<int64_t> zeros(apart.size(), 0);
  auto extents = [&](ArrayRef<int64_t> shape) {
    SmallVector<Value> values;
    if (ShapedType::isDynamic(shape.front()))
      values.push_back(t.extent(0));
    if (ShapedType::isDynamic(shape.back()))
      values.push_back(t.extent(rank + 1));
    return values;
  };
  auto reshape = [&](TensorExpr x, ArrayRef<int64_t> shape) {
    auto type = x.type().clone(shape);
    return x.with(dl::ReshapeOp::create(
        b, x.loc, type, x,
        type.getNumDynamicDims() > 1 ? extents(shape) : SmallVector<Value>()));
  };
  TensorExpr result = reshape(t, apart);
  result = result.with(dl::BroadcastOp::create(b, t.loc, t.type().clone(wide),
                                               result, extents(wide)));
  if (hasGaps)
    result = result.pad(zeros, gaps);
  SmallVector<int64_t> joined{t.shape()[0]};
  for (unsigned d = 0; d < rank; ++d)
    joined.push_back(t.shape()[d + 1] * window.strides[d]);
  joined.push_back(t.shape().back());
  result = reshape(result, joined);
  // Cuts off what extends past the edges, and pads what no window covers.
  SmallVector<int64_t> high(rank + 2, 0);
  bool isShort = false;
  for (unsigned d = 0; d < rank; ++d) {
    int64_t extent = like.shape()[d + 1];
    int64_t missing = window.low[d] + extent - result.shape()[d + 1];
    high[d + 1] = std::max<int64_t>(missing, 0);
    isShort |= missing > 0;
  }
  if (isShort)
    result = result.pad(SmallVector<int64_t>(rank + 2, 0), high);
  for (unsigned d = 0; d < rank; ++d) {
    int64_t extent = like.shape()[d + 1];
    if (window.low[d] || result.shape()[d + 1] != extent)
      result = result.slice(d + 1, window.low[d], window.low[d] + extent);
  }
  return result;
}

/// In each spatial dimension, takes `counts` positions from `starts`, `steps`
/// apart.
static TensorExpr slicePositions(TensorExpr x, ArrayRef<int64_t> starts,
                                 ArrayRef<int64_t> counts,
                                 ArrayRef<int64_t> steps) {
  constexpr int64_t whole = std::numeric_limits<int64_t>::max();
  SmallVector<int64_t> first{0}, last{whole}, step{1};
  for (auto [start, count, apart] : llvm::zip(starts, counts, steps)) {
    first.push_back(start);
    last.push_back(start + (count - 1) * apart + 1);
    step.push_back(apart);
  }
  first.push_back(0);
  last.push_back(whole);
  step.push_back(1);
  OpBuilder &b = *x.b;
  return x.with(dl::SliceOp::create(b, x.loc, x, b.getDenseI64ArrayAttr(first),
                                    b.getDenseI64ArrayAttr(last),
                                    b.getDenseI64ArrayAttr(step)));
}

/// Pads the spatial dimensions with a value; negative amounts pad nothing.
static TensorExpr padSpatial(TensorExpr x, ArrayRef<int64_t> low,
                             ArrayRef<int64_t> high, double number) {
  SmallVector<int64_t> before{0}, after{0};
  for (auto [l, h] : llvm::zip(low, high)) {
    before.push_back(std::max<int64_t>(l, 0));
    after.push_back(std::max<int64_t>(h, 0));
  }
  before.push_back(0);
  after.push_back(0);
  return x.pad(before, after, number);
}

/// All multi-indices below `extents`, in lexicographic order: the taps of a
/// window, or the phases of its strides.
static SmallVector<SmallVector<int64_t>>
enumeratePositions(ArrayRef<int64_t> extents) {
  SmallVector<SmallVector<int64_t>> positions{{}};
  for (int64_t extent : extents) {
    SmallVector<SmallVector<int64_t>> longer;
    for (const auto &position : positions)
      for (int64_t i = 0; i < extent; ++i) {
        longer.push_back(position);
        longer.back().push_back(i);
      }
    positions = std::move(longer);
  }
  return positions;
}

/// The cotangent of the input of a maximum over windows with known geometry, as
/// element-wise ops. First it finds, for each window, the first tap that equals
/// the maximum. Then it sums, for each phase of the stride, over the taps that
/// reach an input position of that phase.
static TensorExpr routeToFirst(const Window &window, TensorExpr x, TensorExpr y,
                               TensorExpr g) {
  unsigned rank = window.rank();
  SmallVector<int64_t> outs(y.shape().drop_front().drop_back()), extents,
      ones(rank, 1), counts;
  for (unsigned s = 0; s < rank; ++s) {
    extents.push_back(x.shape()[s + 1]);
    counts.push_back(llvm::divideCeil(extents[s], window.strides[s]));
  }
  // Padding is NaN, which equals nothing.
  TensorExpr padded = padSpatial(x, window.low, window.high,
                                 std::numeric_limits<double>::quiet_NaN());
  auto taps = enumeratePositions(window.kernel);
  double none = taps.size();
  std::optional<TensorExpr> first;
  for (auto [number, tap] : llvm::enumerate(taps)) {
    SmallVector<int64_t> starts;
    for (unsigned s = 0; s < rank; ++s)
      starts.push_back(tap[s] * window.dilations[s]);
    TensorExpr hit =
        select(slicePositions(padded, starts, outs, window.strides) == y,
               x.constant(double(number)), x.constant(none));
    first = first ? min(*first, hit) : hit;
  }
  // Tap k of window o = m + shift reads input position m s + p, where s is the
  // stride.
  auto shiftOf = [&](unsigned s, int64_t p, int64_t k) {
    int64_t distance = p + window.low[s] - k * window.dilations[s];
    return distance % window.strides[s]
               ? std::nullopt
               : std::optional(distance / window.strides[s]);
  };
  SmallVector<int64_t> before(rank, 0), after(rank, 0);
  for (unsigned s = 0; s < rank; ++s)
    for (int64_t p = 0; p < window.strides[s]; ++p)
      for (int64_t k = 0; k < window.kernel[s]; ++k)
        if (auto shift = shiftOf(s, p, k)) {
          before[s] = std::max(before[s], -*shift);
          after[s] = std::max(after[s], counts[s] + *shift - outs[s]);
        }
  TensorExpr winners = padSpatial(*first, before, after, none),
             arriving = padSpatial(g, before, after, 0);
  SmallVector<TensorExpr> parts;
  for (const auto &phase : enumeratePositions(window.strides)) {
    std::optional<TensorExpr> sum;
    for (auto [number, tap] : llvm::enumerate(taps)) {
      SmallVector<int64_t> starts;
      for (unsigned s = 0; s < rank; ++s)
        if (auto shift = shiftOf(s, phase[s], tap[s]))
          starts.push_back(*shift + before[s]);
      if (starts.size() != rank)
        continue;
      TensorExpr one = select(
          slicePositions(winners, starts, counts, ones) == double(number),
          slicePositions(arriving, starts, counts, ones), 0.0);
      sum = sum ? *sum + one : one;
    }
    parts.push_back(sum ? *sum
                        : slicePositions(arriving,
                                         SmallVector<int64_t>(rank, 0), counts,
                                         ones)
                              .filled(0));
  }
  // Interleaves the phases [N, m, 1, m, 1, C], innermost dimension first.
  SmallVector<int64_t> apart{x.shape()[0]}, joined{x.shape()[0]};
  for (unsigned s = 0; s < rank; ++s) {
    apart.append({counts[s], 1});
    joined.push_back(counts[s] * window.strides[s]);
  }
  apart.push_back(x.shape().back());
  joined.push_back(x.shape().back());
  for (TensorExpr &part : parts)
    part = part.reshape(apart);
  for (unsigned s = rank; s-- > 0;) {
    int64_t stride = window.strides[s];
    SmallVector<TensorExpr> wider;
    for (size_t at = 0; at < parts.size(); at += stride)
      wider.push_back(
          stride == 1
              ? parts[at]
              : dl::formula::concat(
                    ArrayRef<TensorExpr>(parts).slice(at, stride), 2 * s + 2));
    parts = std::move(wider);
  }
  TensorExpr result = parts.front().reshape(joined);
  if (joined != SmallVector<int64_t>(x.shape()))
    result =
        slicePositions(result, SmallVector<int64_t>(rank, 0), extents, ones);
  return result;
}

/// The cotangent goes to the first of the largest elements of each window.
static LogicalResult differentiateMaxPool(dl::MaxPoolOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  FailureOr<Window> window = readStatic(op, x, g);
  if (succeeded(window) && x.type().getNumDynamicDims() <= 1 &&
      llvm::product_of(window->kernel) <= maxTaps &&
      llvm::product_of(window->strides) <= maxTaps) {
    d.add(op.getX(), routeToFirst(*window, x, d.at(op.getY()), g));
    return success();
  }
  TensorExpr winners = d.at(dl::ArgMaxPoolOp::create(
      d.b, d.loc, x, op.getWindowAttr(), op.getCeilModeAttr(),
      op.getStridesAttr(), op.getDilationsAttr(), op.getAutoPaddingAttr(),
      op.getPaddingAttr()));
  // An element may be the maximum of several windows. Position (n S + s) C + c
  // of the flat input gets their sum.
  SmallVector<int64_t> spatial;
  for (int64_t axis = 1; axis + 1 < x.rank(); ++axis)
    spatial.push_back(axis);
  Type i64 = d.b.getI64Type();
  auto along = [&](int64_t axis) {
    SmallVector<int64_t> shape(g.rank(), 1);
    shape[axis] = g.shape()[axis];
    return dl::formula::iota(d.b, d.loc, g, axis).reshape(shape);
  };
  TensorExpr flat = (along(0) * x.count(spatial, i64) + winners) *
                        x.count({x.rank() - 1}, i64) +
                    along(x.rank() - 1);
  Value sums = dl::ScatterOp::create(
      d.b, d.loc, x.filled(0).asVector(), flat.asVector(), g.asVector(),
      dl::ScatterKindAttr::get(d.b.getContext(), dl::ScatterKind::add));
  d.add(op.getX(), d.at(sums).reshapeAs(x));
  return success();
}

/// For unknown extents: each cotangent is divided by the number of elements of
/// its window, then summed by a transposed convolution with filters of ones.
static LogicalResult differentiateFreeAvgPool(dl::AvgPoolOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  int64_t channels = x.shape().back();
  SmallVector<int64_t> extents(x.shape().drop_front().drop_back());
  FailureOr<Geometry> how = Geometry::read(op, op.getWindow(), extents,
                                           d.b.getI64IntegerAttr(channels));
  if (failed(how))
    return failure();
  const Window &window = how->window;
  for (unsigned s = 0; s < window.rank(); ++s)
    if (op.getCeilMode() && window.strides[s] != 1)
      return op.emitOpError("with windows over the edge (ceil_mode) has no "
                            "derivative for ")
             << dl::toString(x.type())
             << ", expected known spatial extents or no ceil_mode";
  auto filled = [&](ArrayRef<int64_t> shape) {
    return d.at(dl::BroadcastOp::create(d.b, d.loc, x.type().clone(shape),
                                        x.constant(1), ValueRange()));
  };
  SmallVector<int64_t> filters(window.kernel);
  filters.append({1, channels});
  TensorExpr part = g;
  bool isPadded = llvm::any_of(how->padding.asArrayRef(),
                               [](int64_t rows) { return rows != 0; });
  if (op.getCountPadding() || !isPadded) {
    part = g / double(llvm::product_of(window.kernel));
  } else {
    // One channel represents all.
    SmallVector<int64_t> oneFilter(window.kernel);
    oneFilter.append({1, 1});
    part = g / d.at(dl::ConvOp::create(
                   d.b, d.loc, x.filled(1).slice(x.rank() - 1, 0, 1),
                   filled(oneFilter), Value(), IntegerAttr(), how->strides(d.b),
                   how->dilations(d.b), dl::AutoPaddingAttr(), how->padding));
  }
  d.add(op.getX(), convTranspose(*how, part, filled(filters), x));
  return success();
}

/// Each element gets an equal share of each window that contains it.
static LogicalResult differentiateAvgPool(dl::AvgPoolOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  FailureOr<Window> read = readStatic(op, x, g);
  int64_t channels = x.shape().back();
  if (ShapedType::isDynamic(channels))
    return op.emitOpError("of shape ")
           << dl::toString(x.type())
           << " has no derivative, expected known channels";
  if (failed(read))
    return differentiateFreeAvgPool(op, d);
  const Window &window = *read;
  unsigned rank = window.rank();
  // The number of elements of each window: a convolution of ones with ones.
  SmallVector<int64_t> onesShape{1}, padding, high;
  SmallVector<int64_t> kernel(window.kernel);
  Window given = Window::get(op, op.getWindow());
  for (unsigned s = 0; s < rank; ++s) {
    int64_t extent = x.shape()[s + 1], low = window.low[s],
            over = window.high[s];
    if (op.getCountPadding()) {
      // Explicit padding counts as elements, overhanging positions do not.
      int64_t padded =
          given.isSame() ? std::max<int64_t>(over, 0) : given.high[s];
      extent += low + padded;
      over -= padded;
      low = 0;
    }
    if (over < 0) { // rows that no window covers
      extent += over;
      over = 0;
    }
    onesShape.push_back(extent);
    padding.push_back(low);
    high.push_back(over);
  }
  onesShape.push_back(1);
  llvm::append_range(padding, high);
  auto ones = [&](ArrayRef<int64_t> shape) {
    return d.at(dl::BroadcastOp::create(d.b, d.loc, x.type().clone(shape),
                                        x.constant(1), ValueRange()));
  };
  SmallVector<int64_t> oneFilter(kernel), filters(kernel);
  oneFilter.append({1, 1});
  filters.append({1, channels});
  auto strides = d.b.getDenseI64ArrayAttr(window.strides),
       dilations = d.b.getDenseI64ArrayAttr(window.dilations);
  Value counts = dl::ConvOp::create(d.b, d.loc, ones(onesShape),
                                    ones(oneFilter), Value(), IntegerAttr(),
                                    strides, dilations, dl::AutoPaddingAttr(),
                                    d.b.getDenseI64ArrayAttr(padding));
  TensorExpr part = g / d.at(counts);
  if (isDisjoint(window)) {
    d.add(op.getX(), spread(part, window, x));
    return success();
  }
  // The transposed sum: a transposed convolution with filters of ones, channel
  // by channel.
  SmallVector<int64_t> more, both;
  for (unsigned s = 0; s < rank; ++s) {
    both.push_back(window.low[s]);
    more.push_back(std::max<int64_t>(-window.high[s], 0));
  }
  for (unsigned s = 0; s < rank; ++s)
    both.push_back(std::max<int64_t>(window.high[s], 0));
  TensorExpr y = d.at(dl::ConvTransposeOp::create(
      d.b, d.loc, part, ones(filters), Value(), d.b.getI64IntegerAttr(channels),
      strides, dilations, dl::AutoPaddingAttr(), d.b.getDenseI64ArrayAttr(both),
      DenseI64ArrayAttr()));
  if (llvm::any_of(more, [](int64_t rows) { return rows > 0; })) {
    SmallVector<int64_t> none(rank + 2, 0), last(rank + 2, 0);
    for (unsigned s = 0; s < rank; ++s)
      last[s + 1] = more[s];
    y = y.pad(none, last);
  }
  d.add(op.getX(), y);
  return success();
}

static SmallVector<int64_t> spatialAxes(TensorExpr x) {
  SmallVector<int64_t> axes;
  for (int64_t axis = 1; axis + 1 < x.rank(); ++axis)
    axes.push_back(axis);
  return axes;
}

static LogicalResult differentiateGlobalMax(dl::GlobalMaxPoolOp op,
                                            Gradients &d) {
  TensorExpr x = d.at(op.getX());
  TensorExpr wins = (x == d.at(op.getY())).cast(x.element());
  d.add(op.getX(), wins * (d.of(op.getY()) / wins.sum(spatialAxes(x))));
  return success();
}

static LogicalResult differentiateGlobalAvg(dl::GlobalAvgPoolOp op,
                                            Gradients &d) {
  TensorExpr x = d.at(op.getX());
  d.add(op.getX(), (d.of(op.getY()) / x.count(spatialAxes(x))).broadcastTo(x));
  return success();
}

void dlc::attachPoolingRules(MLIRContext *context) {
  attachRule<dl::MaxPoolOp, differentiateMaxPool>(context);
  attachRule<dl::AvgPoolOp, differentiateAvgPool>(context);
  attachRule<dl::GlobalMaxPoolOp, differentiateGlobalMax>(context);
  attachRule<dl::GlobalAvgPoolOp, differentiateGlobalAvg>(context);
}
