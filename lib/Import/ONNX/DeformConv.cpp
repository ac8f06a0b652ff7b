//===- DeformConv.cpp - Deformable convolution ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Sampling.h"

using namespace mlir;

namespace dlc::onnx_import {

namespace {
struct DeformConv {
  explicit DeformConv(Node &n) : n(n), g(n.g) {}

  void import();

private:
  bool read();
  void checkWindows();
  TensorValue windowsFirst(TensorValue t, int64_t parts);
  Sampler sampler();
  SmallVector<TensorValue> positions(TensorValue moves);
  TensorValue product(TensorValue samples, ArrayRef<Extent> windows);

  Node &n;
  Graph &g;
  TensorValue x, w, offset;
  int64_t rank = 0, groups = 1, offsetGroups = 1;
  int64_t channels = 0, filters = 0, taps = 1;
  Ints strides, dilations, pads, kernel;
};
} // namespace

/// Reads and checks inputs and attributes. Returns false if they do not fit.
bool DeformConv::read() {
  x = n.in(0), w = n.in(1), offset = n.in(2);
  if (!x || !w || !offset)
    return false;
  rank = x.rank() - 2;
  groups = n.integer("group", 1);
  offsetGroups = n.integer("offset_group", 1);
  auto list = [&](StringRef name, int64_t count, int64_t otherwise) {
    Ints values = n.ints(name).value_or(Ints(count, otherwise));
    if (int64_t(values.size()) != count) {
      n.fail(name + " has " + Twine(values.size()) + " values, expected " +
             Twine(count));
      values.assign(count, otherwise);
    }
    return values;
  };
  if (rank < 1 || rank > 3 || w.rank() != x.rank() ||
      offset.rank() != x.rank() || groups < 1 || offsetGroups < 1) {
    n.fail("x, w and offset have shapes " + dl::toString(x.shape()) + ", " +
           dl::toString(w.shape()) + " and " + dl::toString(offset.shape()) +
           " in " + Twine(groups) + " and " + Twine(offsetGroups) +
           " groups, expected one rank of 3 to 5 and groups of 1 and more");
    return false;
  }
  strides = list("strides", rank, 1);
  dilations = list("dilations", rank, 1);
  pads = list("pads", 2 * rank, 0);
  w = refineFilter(n, x, w);
  if (!w)
    return false;
  kernel.assign(w.shape().begin() + 2, w.shape().end());
  if (Ints given = list("kernel_shape", rank, 0);
      n.hasAttr("kernel_shape") && given != kernel)
    n.fail("kernel_shape is not the shape of the filter " +
           dl::toString(w.shape()));
  channels = x.dim(1);
  filters = w.dim(0);
  if (ShapedType::isDynamic(channels) || !w.isStatic()) {
    n.fail("its channels and its filter must be known while compiling");
    return false;
  }
  for (int64_t extent : kernel)
    taps *= extent;
  if (channels % groups || filters % groups || channels % offsetGroups ||
      w.dim(1) != channels / groups ||
      !dl::mayEqual(offset.dim(1), offsetGroups * taps * rank) ||
      (n.has(4) && !dl::mayEqual(n.in(4).dim(1), offsetGroups * taps))) {
    n.fail("x, w and offset have shapes " + dl::toString(x.shape()) + ", " +
           dl::toString(w.shape()) + " and " + dl::toString(offset.shape()) +
           " in " + Twine(groups) + " and " + Twine(offsetGroups) +
           " groups, which do not fit together");
    return false;
  }
  checkWindows();
  return !g.failed;
}

/// Checks that `offset` has a displacement for each window.
void DeformConv::checkWindows() {
  for (int64_t d = 0; d < rank; ++d) {
    int64_t effectiveKernel = (kernel[d] - 1) * dilations[d] + 1;
    int64_t room = x.dim(d + 2) + pads[d] + pads[rank + d] - effectiveKernel;
    if (strides[d] < 1 || dilations[d] < 1)
      n.fail("has a stride or dilation below 1");
    else if (!ShapedType::isDynamic(x.dim(d + 2)) &&
             !dl::mayEqual(offset.dim(d + 2),
                           room < 0 ? 0 : room / strides[d] + 1))
      n.fail("offset of shape " + dl::toString(offset.shape()) +
             " moves windows that are not those over " +
             dl::toString(x.shape()));
  }
}

/// Transposes [N, groups taps parts, O...] to [N, O..., taps, groups, parts].
TensorValue DeformConv::windowsFirst(TensorValue t, int64_t parts) {
  Extents split = g.dims(t);
  split.erase(split.begin() + 1);
  split.insert(split.begin() + 1,
               {g.index(offsetGroups), g.index(taps), g.index(parts)});
  Ints permutation{0};
  for (int64_t d = 0; d < rank; ++d)
    permutation.push_back(4 + d);
  llvm::append_range(permutation, Ints{2, 1, 3});
  return g.transpose(g.reshape(t, split), permutation);
}

/// Returns a sampler of x as [N, D..., offset groups, channels per group], at
/// positions [N, O..., taps, offset groups].
Sampler DeformConv::sampler() {
  Extents shape = g.dims(x);
  Extents outer(shape.begin() + 2, shape.end());
  Extent count = g.product(outer), perGroup = g.index(channels / offsetGroups);
  Sampler s = samplerOf(g, x);
  s.rows = g.reshape(
      s.rows, {g.mul(g.mul(shape[0], count), g.index(offsetGroups)), perGroup});
  for (Extent &stride : s.strides)
    stride = g.mul(stride, g.index(offsetGroups));
  Extents image(rank + 3, g.index(1)), group(rank + 3, g.index(1));
  image[0] = shape[0];
  group[rank + 2] = g.index(offsetGroups);
  s.base =
      g.iota(image, 0, g.i64()) *
          g.fromElements({g.mul(count, g.index(offsetGroups))}, true, g.i64()) +
      g.iota(group, rank + 2, g.i64());
  return s;
}

/// Returns for each dimension the positions that the filter's taps read, moved
/// by `moves`, [N, O..., taps, offset groups, rank].
SmallVector<TensorValue> DeformConv::positions(TensorValue moves) {
  Extents windows = g.dims(moves);
  SmallVector<TensorValue> result;
  int64_t inner = taps;
  for (int64_t d = 0; d < rank && !g.failed; ++d) {
    TensorValue move =
        g.squeeze(g.slice(moves, -1, g.index(d), g.index(1)), {rank + 3});
    Extents at(rank + 3, g.index(1)), tap(rank + 3, g.index(1));
    at[d + 1] = windows[d + 1];
    tap[rank + 1] = g.index(taps);
    inner /= kernel[d];
    TensorValue number = g.iota(tap, rank + 1, g.i64()) / double(inner);
    number = g.op<dl::RemainderOp>(number, g.number(g.i64(), kernel[d]));
    TensorValue start =
        g.iota(at, d + 1, g.i64()) * double(strides[d]) - double(pads[d]);
    result.push_back(
        g.cast(start + number * double(dilations[d]), moves.element()) + move);
  }
  return result;
}

/// Multiplies samples, [N, O..., taps, C], by the filter: a product of
/// [groups, N O..., taps C/groups] and [groups, taps C/groups, F/groups].
TensorValue DeformConv::product(TensorValue samples, ArrayRef<Extent> windows) {
  Extent total = windows[0];
  for (int64_t d = 0; d < rank; ++d)
    total = g.mul(total, windows[d + 1]);
  int64_t depth = channels / groups, features = filters / groups;
  TensorValue columns = g.reshape(
      samples, {total, g.index(taps), g.index(groups), g.index(depth)});
  columns = g.reshape(g.transpose(columns, {2, 0, 1, 3}),
                      {g.index(groups), total, g.index(taps * depth)});
  TensorValue filter =
      g.reshape(w, g.toExtents({groups, features, depth, taps}));
  filter = g.reshape(g.transpose(filter, {0, 3, 2, 1}),
                     g.toExtents({groups, taps * depth, features}));
  TensorValue y = g.transpose(g.matmul(columns, filter), {1, 0, 2});
  Extents result(windows.begin(), windows.begin() + rank + 1);
  result.push_back(g.index(filters));
  return g.reshape(y, result);
}

void DeformConv::import() {
  if (!read())
    return;
  Sampler s = sampler();
  TensorValue moves =
      g.cast(windowsFirst(offset, rank), positionType(g, x, offset));
  SmallVector<TensorValue> where = positions(moves);
  if (g.failed)
    return;
  TensorValue samples = s.at(where);
  if (n.has(4))
    samples = samples * g.cast(windowsFirst(n.in(4), 1), x.element());
  TensorValue y = product(samples, g.dims(moves));
  if (n.has(3))
    y = y + n.in(3);
  n.yield(g.channelsFirst(y));
}

/// A convolution that reads x at positions displaced by `offset`: the samples
/// of all windows, then one product with the filter.
void importDeformConv(Node &n) { DeformConv(n).import(); }

} // namespace dlc::onnx_import
