//===- Placement.cpp - Crops, folds and scatters elements -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;

namespace dlc::onnx_import {

static TensorValue whole(Graph &g, Extent e) {
  return g.fromElements({e}, true, g.i64());
}

/// Whether each integer is in [0, end).
static TensorValue isWithin(TensorValue at, TensorValue end) {
  return (at >= 0.0) & (at < end);
}

/// Reshapes a vector to broadcast along an axis of x.
static TensorValue along(Graph &g, TensorValue v, int64_t axis, int64_t rank) {
  Extents shape(rank - axis, g.index(1));
  shape[0] = g.dim(v, 0);
  return g.reshape(v, shape);
}

TensorValue cropOrPad(Graph &g, TensorValue x, int64_t axis, Extent start,
                      Extent size) {
  if (!x)
    return {&g, Value()};
  Extent extent = g.dim(x, axis);
  auto from = getConstantIntValue(start), count = getConstantIntValue(size),
       have = getConstantIntValue(extent);
  if (from && count && have) {
    int64_t low = std::max<int64_t>(-*from, 0);
    int64_t high = std::max<int64_t>(*from + *count - *have, 0);
    int64_t kept = *count - low - high;
    if (kept < *have)
      x = g.slice(x, axis, g.index(std::max<int64_t>(*from, 0)),
                  g.index(std::max<int64_t>(kept, 0)));
    if (kept >= 0 && (low || high)) {
      Ints lows(x.rank(), 0), highs(x.rank(), 0);
      lows[axis] = low;
      highs[axis] = high;
      x = g.op<dl::PadOp>({x.value},
                          {g.attr("low", lows), g.attr("high", highs)});
    }
    if (kept >= 0)
      return x;
  }
  TensorValue at = g.iota({size}, 0, g.i64()) + whole(g, start);
  TensorValue inside = along(g, isWithin(at, whole(g, extent)), axis, x.rank());
  return g.select(inside, g.gather(x, max(at, 0.0), axis),
                  g.number(x.element(), 0));
}

void importCenterCropPad(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents shape = n.extentsOf(1, "shape");
  Ints axes = n.ints("axes").value_or(upTo(x.rank()));
  if (g.failed)
    return;
  if (shape.size() != axes.size()) {
    n.fail("has " + Twine(shape.size()) + " extents for " + Twine(axes.size()) +
           " axes, expected one for each");
    return;
  }
  for (auto [axis, size] : llvm::zip(axes, shape)) {
    int64_t d = n.axis(axis, x.rank());
    if (g.failed)
      return;
    // Rounded towards zero: an odd difference is cropped or padded at the end.
    Extent start = g.div(g.sub(g.dim(x, d), size), g.index(2));
    x = cropOrPad(g, x, d, start, size);
  }
  n.yield(x);
}

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

namespace {
/// One dimension of overlapping blocks.
struct Fold {
  int64_t block, stride, dilation, low, high;
  Extent size; // of the image

  int64_t reach() const { return (block - 1) * dilation + 1; }
  /// The maximum number of blocks that cover a position of the image.
  int64_t covering() const { return llvm::divideCeil(reach(), stride); }
  int64_t terms() const { return std::min(block, covering()); }
  Extent blocks(Graph &g) const {
    Extent room = g.add(size, g.index(low + high - reach() + stride));
    return g.max(g.div(room, g.index(stride)), g.index(0));
  }
};
} // namespace

/// Adds up x along `axis`, whose positions are (block element, block), into
/// positions of the image. The terms of a position's sum are enumerated by
/// block element or by covering block, whichever are fewer: there are `block`
/// of the former and reach / stride of the latter.
static TensorValue foldAxis(Graph &g, TensorValue x, int64_t axis,
                            const Fold &f) {
  bool byElement = f.block <= f.covering();
  Extent blocks = f.blocks(g);
  TensorValue count = whole(g, blocks), zero = g.number(g.i64(), 0);
  TensorValue position = g.iota({f.size}, 0, g.i64()) + double(f.low);
  auto number = [&](int64_t value) { return g.number(g.i64(), value); };
  TensorValue sum;
  for (int64_t i = 0; i < f.terms() && !g.failed; ++i) {
    TensorValue block, element, fits;
    if (byElement) {
      TensorValue rest = position - double(i * f.dilation);
      block = rest / double(f.stride);
      element = number(i);
      fits = isWithin(block, count) &
             ((rest >= zero) & (block * double(f.stride) == rest));
    } else {
      block = position / double(f.stride) - double(i);
      TensorValue rest = position - block * double(f.stride);
      element = rest / double(f.dilation);
      fits = isWithin(block, count) & isWithin(element, number(f.block)) &
             (element * double(f.dilation) == rest);
    }
    TensorValue at = g.select(fits, element * count + block, zero);
    TensorValue term =
        g.select(along(g, fits, axis, x.rank()), g.gather(x, at, axis),
                 g.number(x.element(), 0));
    sum = sum ? sum + term : term;
  }
  return sum;
}

void importCol2Im(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents image = n.extentsOf(1, "image_shape");
  auto block = n.knownInts(2, "block_shape");
  if (g.failed || !block)
    return;
  int64_t rank = image.size();
  auto list = [&](StringRef name, int64_t count, int64_t otherwise) {
    return n.ints(name).value_or(Ints(count, otherwise));
  };
  Ints strides = list("strides", rank, 1),
       dilations = list("dilations", rank, 1), pads = list("pads", 2 * rank, 0);
  constexpr int64_t most = 1 << 20;
  auto isPositive = [](int64_t value) { return value > 0 && value <= most; };
  auto isNonNegative = [](int64_t value) {
    return value >= 0 && value <= most;
  };
  if (rank < 1 || x.rank() != 3 || int64_t(block->size()) != rank ||
      int64_t(strides.size()) != rank || int64_t(dilations.size()) != rank ||
      int64_t(pads.size()) != 2 * rank || !llvm::all_of(*block, isPositive) ||
      !llvm::all_of(strides, isPositive) ||
      !llvm::all_of(dilations, isPositive) ||
      !llvm::all_of(pads, isNonNegative)) {
    n.fail("folds " + dl::toString(x.shape()) + " with blocks of shape " +
           dl::toString(*block) + " into an image of " + Twine(rank) +
           " dimensions, expected [N, C blocks, L] and one block extent, "
           "stride and dilation for each dimension, two pads, none above 2^20");
    return;
  }
  int64_t elements = 1;
  bool overflows = false;
  for (int64_t extent : *block)
    overflows |= llvm::MulOverflow(elements, extent, elements);
  SmallVector<Fold> folds;
  // [N, C, K1, ..., Kr, B1, ..., Br] -> [N, C, K1 B1, ..., Kr Br]
  Extents apart{g.dim(x, 0), g.div(g.dim(x, 1), g.index(elements))};
  Extents paired(apart), counts;
  Ints permutation{0, 1};
  std::optional<int64_t> total = 1;
  for (int64_t d = 0; d < rank; ++d) {
    folds.push_back({(*block)[d], strides[d], dilations[d], pads[d],
                     pads[rank + d], image[d]});
    counts.push_back(folds.back().blocks(g));
    // Each term of the sum is emitted as separate ops, which bounds their
    // number.
    if (folds.back().terms() > 1024)
      n.fail("folds blocks of which more than 1024 elements overlap");
    auto known = getConstantIntValue(counts.back());
    total = total && known ? std::optional(*total * *known) : std::nullopt;
    apart.push_back(g.index((*block)[d]));
    paired.push_back(g.mul(apart.back(), counts.back()));
    permutation.push_back(2 + d);
    permutation.push_back(2 + rank + d);
  }
  if (g.failed)
    return;
  llvm::append_range(apart, counts);
  if (overflows || (!ShapedType::isDynamic(x.dim(1)) && x.dim(1) % elements) ||
      (total && !dl::mayEqual(x.dim(2), *total))) {
    n.fail("folds " + dl::toString(x.shape()) + " with blocks of shape " +
           dl::toString(*block) +
           ", which do not divide its channels, or are not as many as the "
           "image has room for");
    return;
  }
  x = g.reshape(g.transpose(g.reshape(x, apart), permutation), paired);
  for (int64_t d = 0; d < rank && !g.failed; ++d)
    x = foldAxis(g, x, 2 + d, folds[d]);
  n.yield(x);
}

//===----------------------------------------------------------------------===//
// TensorScatter
//===----------------------------------------------------------------------===//

/// Writes the rows of `update` into a cache, at a separate start position for
/// each image of the batch.
void importTensorScatter(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), update = n.in(1);
  std::string mode = n.string("mode", "linear");
  int64_t axis = n.axis(n.integer("axis", -2), x.rank());
  if (g.failed)
    return;
  if (mode != "linear" && mode != "circular") {
    n.fail("mode is '" + mode + "', expected linear or circular");
    return;
  }
  if (axis == 0 || update.rank() != x.rank()) {
    n.fail("writes " + dl::toString(update.shape()) + " into " +
           dl::toString(x.shape()) + " along axis " + Twine(axis) +
           ", expected equal ranks and an axis after the first");
    return;
  }
  Extents shape = g.dims(x), ahead(shape.begin(), shape.begin() + axis);
  Extent length = shape[axis], count = g.dim(update, axis);
  ahead.push_back(count);
  TensorValue position = g.iota(ahead, axis, g.i64());
  if (n.has(2))
    position = position + g.reshape(g.cast(n.in(2), g.i64()), [&] {
      Extents one(axis + 1, g.index(1));
      one[0] = shape[0];
      return one;
    }());
  TensorValue size = whole(g, length);
  if (mode == "circular") {
    position = g.op<dl::RemainderOp>(position, size);
    position = g.select(position < 0.0, position + size, position);
  } else {
    // Positions beyond the cache are clamped to it.
    position = min(max(position, 0.0), size - 1.0);
  }
  Extent stride = length;
  for (int64_t d = axis; d-- > 0;) {
    position = position + g.iota(ahead, d, g.i64()) * whole(g, stride);
    stride = g.mul(stride, shape[d]);
  }
  auto rows = [&](TensorValue t, Extent extent) {
    Extents flat{extent};
    flat.append(shape.begin() + axis + 1, shape.end());
    return g.reshape(t, flat);
  };
  Extent written = g.product(ahead);
  n.yield(g.reshape(g.op<dl::ScatterOp>({rows(x, stride).value,
                                         g.reshape(position, {written}).value,
                                         rows(update, written).value}),
                    shape));
}

} // namespace dlc::onnx_import
