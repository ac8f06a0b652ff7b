//===- Resize.cpp - Resize and Upsample -----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every mode resizes one axis after the other. Vectors along the axis hold the
// positions of the elements of x that contribute to each element of the result,
// and their weights. If the extents are known, these vectors are constants.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "Single.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

namespace {
struct Resizer {
  Graph &g;
  std::string mode, coordinates, nearest;
  double cubic = -0.75;
  /// The scale of the current axis, if known.
  std::optional<double> factor = {};
  bool excludesOutside = false, antialiases = false;
  double extrapolation = 0;

  /// Resizes one axis. The scale is a constant, or a scalar tensor if it is
  /// read at run time. `start` and `end` are those of tf_crop_and_resize.
  TensorValue apply(TensorValue x, int64_t axis, Extent size, TensorValue scale,
                    double start, double end);

private:
  TensorValue scalar(Extent e) {
    return g.cast(g.fromElements({e}, true, g.i64()), type());
  }
  Type type() { return g.b.getF64Type(); }
  TensorValue source(TensorValue x, int64_t axis, Extent size,
                     TensorValue scale, double start, double end);
  TensorValue along(TensorValue v, int64_t axis, int64_t rank) {
    Extents shape(rank - axis, g.index(1));
    shape[0] = g.dim(v, 0);
    return g.reshape(v, shape);
  }
  TensorValue pick(TensorValue x, int64_t axis, TensorValue at) {
    TensorValue last = scalar(g.sub(g.dim(x, axis), g.index(1)));
    TensorValue inside = min(max(at, 0.0), last);
    return g.gather(x, g.cast(inside, g.i64()), axis);
  }
  TensorValue filter(TensorValue distance);
  TensorValue smooth(TensorValue x, int64_t axis, Extent size, TensorValue at,
                     TensorValue scale);
};
} // namespace

/// The position in x of each element of the result, by the coordinate
/// transformation mode.
TensorValue Resizer::source(TensorValue x, int64_t axis, Extent size,
                            TensorValue scale, double start, double end) {
  TensorValue at = g.cast(g.iota({size}, 0, g.i64()), type());
  TensorValue length = scalar(g.dim(x, axis)), resized = scalar(size);
  if (coordinates == "asymmetric")
    return at / scale;
  if (coordinates == "align_corners") {
    // Uses the size before rounding; a single element is at the beginning.
    TensorValue steps = length * scale - 1.0;
    TensorValue none = steps == 0.0;
    return g.select(none, g.number(type(), 0),
                    at * (length - 1.0) /
                        g.select(none, g.number(type(), 1), steps));
  }
  if (coordinates == "tf_half_pixel_for_nn")
    return (at + 0.5) / scale;
  if (coordinates == "half_pixel_symmetric") {
    // The part lost to rounding of the size is divided evenly between both
    // ends.
    TensorValue adjustment = resized / (length * scale);
    TensorValue offset = length / 2.0 * (1.0 - adjustment);
    return offset + (at + 0.5) / scale - 0.5;
  }
  if (coordinates == "tf_crop_and_resize") {
    TensorValue steps = max(resized - 1.0, 1.0);
    if (getConstantIntValue(size) == 1)
      return at * 0.0 + (length - 1.0) * (0.5 * (start + end));
    return (length - 1.0) * start + at * (length - 1.0) * (end - start) / steps;
  }
  TensorValue half = (at + 0.5) / scale - 0.5;
  if (coordinates == "pytorch_half_pixel") {
    return g.select(resized == 1.0, g.number(type(), -0.5), half);
  }
  if (coordinates == "half_pixel")
    return half;
  return g.fail("coordinate_transformation_mode '" + coordinates +
                "' is not known");
}

/// The weight of an element at a distance: a triangle filter, or Keys' cubic.
TensorValue Resizer::filter(TensorValue distance) {
  TensorValue d = g.op<dl::AbsOp>(distance), zero = g.number(type(), 0);
  if (mode == "linear")
    return max(1.0 - d, zero);
  double a = cubic;
  TensorValue near = (d * (a + 2) - (a + 3)) * d * d + 1.0;
  TensorValue far = ((d * a - 5 * a) * d + 8 * a) * d - 4 * a;
  return g.select(d <= 1.0, near, g.select(d < 2.0, far, zero));
}

/// Resizes with antialiasing: for downscaling, the filter is widened to all
/// elements that an element of the result covers. Builds a product with the
/// matrix of weights.
TensorValue Resizer::smooth(TensorValue x, int64_t axis, Extent size,
                            TensorValue at, TensorValue scale) {
  std::optional<double> known = factor;
  if (!known)
    return g.fail("antialias needs extents that are known while compiling");
  double shrink = std::min(*known, 1.0);
  // Outside x the edge is repeated as far as the filter reaches.
  int64_t reach =
      excludesOutside
          ? 0
          : int64_t(std::ceil((mode == "linear" ? 1 : 2) / shrink)) + 1;
  Extent n = g.add(g.dim(x, axis), g.index(2 * reach));
  TensorValue positions =
      g.cast(g.iota({size, n}, 1, g.i64()), type()) - double(reach);
  TensorValue weights = filter((positions - g.unsqueeze(at, {1})) * shrink);
  weights = weights / g.reduce<dl::ReduceSumOp>(weights, {1}, true);
  if (reach)
    x = pick(x, axis, g.cast(g.iota({n}, 0, g.i64()), type()) - double(reach));
  TensorValue last = g.moveAxis(x, axis, -1);
  TensorValue matrix = g.cast(g.transpose(weights, {1, 0}), x.element());
  return g.moveAxis(g.matmul(last, matrix), -1, axis);
}

TensorValue Resizer::apply(TensorValue x, int64_t axis, Extent size,
                           TensorValue scale, double start, double end) {
  scale = g.cast(scale, type());
  TensorValue at = source(x, axis, size, scale, start, end);
  TensorValue result;
  int64_t rank = x.rank();
  Type element = x.element();
  if (mode == "nearest") {
    TensorValue position;
    if (nearest == "floor" || nearest == "simple")
      position = g.op<dl::FloorOp>(at);
    else if (nearest == "ceil")
      position = g.op<dl::CeilOp>(at);
    else if (nearest == "round_prefer_ceil")
      position = g.op<dl::FloorOp>(at + 0.5);
    else
      position = g.op<dl::CeilOp>(at - 0.5);
    result = pick(x, axis, position);
  } else if (antialiases) {
    result = smooth(x, axis, size, at, scale);
  } else {
    TensorValue lower = g.op<dl::FloorOp>(at), part = at - lower;
    int64_t first = mode == "linear" ? 0 : -1, past = mode == "linear" ? 2 : 3;
    TensorValue length = scalar(g.dim(x, axis));
    SmallVector<TensorValue> weights;
    TensorValue total;
    for (int64_t k = first; k < past; ++k) {
      TensorValue w = filter(part - double(k));
      if (excludesOutside) {
        TensorValue position = lower + double(k);
        TensorValue inside = (position >= 0.0) & (position < length);
        w = g.select(inside, w, g.number(type(), 0));
      }
      total = total ? total + w : w;
      weights.push_back(w);
    }
    for (int64_t k = first; k < past; ++k) {
      TensorValue w = weights[k - first];
      if (excludesOutside)
        w = w / total;
      TensorValue term = pick(x, axis, lower + double(k)) *
                         along(g.cast(w, element), axis, rank);
      result = result ? result + term : term;
    }
  }
  if (coordinates == "tf_crop_and_resize") {
    TensorValue inside =
        (at >= 0.0) & (at <= scalar(g.sub(g.dim(x, axis), g.index(1))));
    result = g.select(along(inside, axis, rank), result,
                      g.number(element, extrapolation));
  }
  return result;
}

/// Returns the integer factors by which the spatial dimensions repeat each
/// element, if resizing does nothing else: position i then reads i / factor,
/// rounded down.
static std::optional<Ints> repeats(const Resizer &r, TensorValue x,
                                   ArrayRef<Extent> sizes,
                                   ArrayRef<TensorValue> scales,
                                   ArrayRef<bool> isSame) {
  int64_t rank = x.rank();
  bool isFloor = r.nearest == "floor" || r.nearest == "simple";
  bool isHalf =
      r.coordinates == "half_pixel" || r.coordinates == "half_pixel_symmetric";
  if (r.mode != "nearest" || rank < 3 || !isSame[0] || !isSame[1] ||
      !x.isFloat() ||
      !(r.coordinates == "asymmetric"
            ? isFloor
            : isHalf && r.nearest != "ceil" && !isFloor))
    return std::nullopt;
  Ints factors(rank, 1);
  for (int64_t axis = 2; axis < rank; ++axis) {
    auto before = getConstantIntValue(r.g.dim(x, axis)),
         after = getConstantIntValue(sizes[axis]);
    if (!before || !after || *before <= 0 || *after % *before)
      return std::nullopt;
    factors[axis] = *after / *before;
    // A scale of 2.1 may double an extent too, but reads other positions.
    auto scale = single(r.g.constantFloats(scales[axis]));
    if (scale && *scale != double(factors[axis]))
      return std::nullopt;
  }
  return factors;
}

namespace {
/// The sizes and scales of all dimensions of the result, of which `axes` are
/// given.
struct Wanted {
  Ints axes;
  Extents sizes;
  SmallVector<TensorValue> scales;
  SmallVector<bool> isSame;
};
} // namespace

/// Takes the scales of operand `at`, which may be read at run time. Returns
/// false if they do not fit.
static bool takeScales(Node &n, size_t at, Wanted &to) {
  Graph &g = n.g;
  Type f64 = g.b.getF64Type();
  TensorValue given = n.in(at);
  if (given.dim(0) != int64_t(to.axes.size())) {
    n.fail("has scales of shape " + dl::toString(given.shape()) +
           ", expected one for each of " + Twine(to.axes.size()) + " axes");
    return false;
  }
  auto known = g.constantFloats(given);
  for (auto [i, axis] : llvm::enumerate(to.axes)) {
    to.isSame[axis] = known && (*known)[i] == 1;
    auto extent = getConstantIntValue(to.sizes[axis]);
    if (known && !((*known)[i] > 0)) {
      n.fail("has a scale of " + std::to_string((*known)[i]));
      return false;
    }
    to.scales[axis] =
        known
            ? g.number(f64, (*known)[i])
            : g.cast(g.squeeze(g.slice(given, 0, g.index(i), g.index(1)), {0}),
                     f64);
    if (known && extent) {
      // In the precision of the given scale.
      to.sizes[axis] = g.index(std::floor(double(*extent) * (*known)[i]));
      continue;
    }
    if (to.isSame[axis])
      continue;
    TensorValue length =
        g.cast(g.fromElements({to.sizes[axis]}, true, g.i64()), f64);
    TensorValue size =
        g.cast(g.op<dl::FloorOp>(length * to.scales[axis]), g.i64());
    if (auto read = single(g.elements(size, /*forced=*/true)))
      to.sizes[axis] = g.max(*read, g.index(0));
  }
  return true;
}

/// Takes the sizes of operand `at`, and the scales that follow from them.
/// Returns false if they do not fit.
static bool takeSizes(Node &n, size_t at, Wanted &to) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Type f64 = g.b.getF64Type();
  Extents wanted = n.extentsOf(at, "sizes");
  if (wanted.size() != to.axes.size()) {
    n.fail("has " + Twine(wanted.size()) + " sizes, expected one for each of " +
           Twine(to.axes.size()) + " axes");
    return false;
  }
  std::string policy = n.string("keep_aspect_ratio_policy", "stretch");
  for (auto [i, axis] : llvm::enumerate(to.axes)) {
    to.isSame[axis] = isEqualConstantIntOrValue(wanted[i], to.sizes[axis]);
    auto toFloat = [&](Extent e) {
      return g.cast(g.fromElements({e}, true, g.i64()), f64);
    };
    to.scales[axis] = toFloat(wanted[i]) / toFloat(to.sizes[axis]);
  }
  for (auto [i, axis] : llvm::enumerate(to.axes)) {
    if (policy == "stretch") {
      to.sizes[axis] = wanted[i];
      continue;
    }
    // One scale for all axes; sizes are rounded to nearest.
    auto known = getConstantIntValues(wanted);
    double factor = 0;
    bool isKnown = known && x.isStatic();
    for (auto [j, other] : llvm::enumerate(to.axes)) {
      if (!isKnown)
        break;
      double ratio = double((*known)[j]) / double(x.dim(other));
      factor = j == 0                   ? ratio
               : policy == "not_larger" ? std::min(factor, ratio)
                                        : std::max(factor, ratio);
    }
    if (!isKnown) {
      n.fail("keep_aspect_ratio_policy needs sizes that are known while "
             "compiling: make them an initializer");
      return false;
    }
    to.sizes[axis] = g.index(std::floor(factor * double(x.dim(axis)) + 0.5));
    to.scales[axis] = g.number(f64, factor);
    to.isSame[axis] = false;
  }
  return true;
}

/// Resizes by operand `scalesAt` or `sizesAt`. `window` is the region that
/// tf_crop_and_resize reads: the start of each axis, then the ends.
static void resize(Node &n, Resizer &r, std::optional<size_t> scalesAt,
                   std::optional<size_t> sizesAt, ArrayRef<double> window) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t rank = x.rank();
  Wanted to{n.ints("axes").value_or(upTo(rank)), g.dims(x),
            SmallVector<TensorValue>(rank, g.number(g.b.getF64Type(), 1)),
            SmallVector<bool>(rank, true)};
  for (int64_t &axis : to.axes)
    axis = n.axis(axis, rank);
  if (r.antialiases && !g.failed) {
    if (scalesAt)
      n.knownFloats(*scalesAt, "scales");
    else
      n.knownInts(*sizesAt, "sizes");
  }
  if (g.failed ||
      !(scalesAt ? takeScales(n, *scalesAt, to) : takeSizes(n, *sizesAt, to)))
    return;
  if (std::optional<Ints> factors =
          repeats(r, x, to.sizes, to.scales, to.isSame)) {
    auto attributes = g.b.getNamedAttr(
        "scales",
        g.b.getDenseI64ArrayAttr(ArrayRef<int64_t>(*factors).drop_front(2)));
    n.yield(g.channelsFirst(
        g.op<dl::UpsampleOp>({g.channelsLast(x).value}, {attributes})));
    return;
  }
  for (int64_t axis = 0; axis < rank && !g.failed; ++axis) {
    double start = 0, end = 1;
    for (auto [i, a] : llvm::enumerate(to.axes))
      if (a == axis && window.size() == 2 * to.axes.size()) {
        start = window[i];
        end = window[i + to.axes.size()];
      }
    bool isCrop =
        r.coordinates == "tf_crop_and_resize" && (start != 0 || end != 1);
    auto before = getConstantIntValue(g.dim(x, axis)),
         after = getConstantIntValue(to.sizes[axis]);
    r.factor = single(g.constantFloats(to.scales[axis]));
    if (!r.factor && before && after && *before)
      r.factor = double(*after) / double(*before);
    if (!to.isSame[axis] || isCrop)
      x = r.apply(x, axis, to.sizes[axis], to.scales[axis], start, end);
  }
  n.yield(x);
}

void importResize(Node &n) {
  Resizer r{n.g, n.string("mode", "nearest"),
            n.string("coordinate_transformation_mode", "half_pixel"),
            n.string("nearest_mode", "round_prefer_floor")};
  r.cubic = n.real("cubic_coeff_a", -0.75);
  r.excludesOutside = n.integer("exclude_outside", 0);
  r.antialiases = n.integer("antialias", 0);
  r.extrapolation = n.real("extrapolation_value", 0);
  if (r.mode != "nearest" && r.mode != "linear" && r.mode != "cubic") {
    n.fail("mode is '" + r.mode + "', expected nearest, linear or cubic");
    return;
  }
  if (n.version < 11) {
    r.coordinates = "asymmetric";
    r.nearest = "floor";
    return resize(n, r, 1, std::nullopt, {});
  }
  SmallVector<double> window;
  if (r.coordinates == "tf_crop_and_resize" && n.has(1))
    window = n.knownFloats(1, "roi").value_or(SmallVector<double>());
  // An empty list of scales means that they are absent.
  bool hasScales = n.has(2) && n.in(2).dim(0) != 0;
  if (!hasScales && !n.has(3)) {
    n.fail("has neither scales nor sizes");
    return;
  }
  resize(n, r, hasScales ? std::optional<size_t>(2) : std::nullopt,
         hasScales ? std::nullopt : std::optional<size_t>(3), window);
}

void importUpsample(Node &n) {
  Resizer r{n.g, n.string("mode", "nearest"), "asymmetric", "floor"};
  if (n.version < 9) {
    auto scales = n.reals("scales");
    if (!scales) {
      n.fail("attribute 'scales' is missing");
      return;
    }
    SmallVector<float> floats(scales->begin(), scales->end());
    n.inputs_.resize(2);
    n.inputs_[1] = n.g.constant(DenseElementsAttr::get(
        RankedTensorType::get({int64_t(floats.size())}, n.g.f32()),
        ArrayRef<float>(floats)));
  }
  resize(n, r, 1, std::nullopt, {});
}

} // namespace dlc::onnx_import
