//===- Normalization.cpp - Normalisations ---------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Reshapes a vector of channels to broadcast over [N, C, spatial...].
static TensorValue alongChannels(Graph &g, TensorValue v, int64_t rank) {
  Extents shape(std::max<int64_t>(rank - 1, 1), g.index(1));
  shape[0] = g.dim(v, 0);
  return g.reshape(v, shape);
}

void importBatchNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  TensorValue vectors[] = {n.in(1), n.in(2), n.in(3), n.in(4)};
  if (g.failed)
    return;
  // A number of channels known from one operand holds for all.
  int64_t channels = x.rank() > 1 ? x.dim(1) : ShapedType::kDynamic;
  for (TensorValue vector : vectors)
    if (vector.rank() == 1)
      channels = dl::known(channels, vector.dim(0));
  for (TensorValue &vector : vectors)
    if (vector.rank() == 1)
      vector = g.refine(vector, {channels},
                        "an operand has not one element for each channel");
  auto [scale, offset, mean, variance] = vectors;
  double epsilon = n.real("epsilon", 1e-5);
  bool trains = n.integer("training_mode", 0);
  if (n.version < 14 && n.outputs() > 1)
    trains = n.wants(1);
  // A trainable layer has a training and an inference form, whichever was
  // exported.
  bool learns = n.importer.keepsLayers();
  if (!trains || learns) {
    Type element = x.element();
    n.yield(g.channelsFirst(g.op<dl::BatchNormOp>(
        {g.channelsLast(x).value, g.cast(scale, element).value,
         g.cast(offset, element).value, g.cast(mean, element).value,
         g.cast(variance, element).value},
        {g.attr("epsilon", epsilon)})));
    if (trains) {
      n.yield(1, mean);
      n.yield(2, variance);
    }
    return;
  }
  // Normalise by the statistics of the batch and update the running ones.
  Ints axes{0};
  for (int64_t d = 2; d < x.rank(); ++d)
    axes.push_back(d);
  double momentum = n.real("momentum", 0.9);
  TensorValue batchMean = g.reduce<dl::ReduceMeanOp>(x, axes, false);
  TensorValue centered = x - alongChannels(g, batchMean, x.rank());
  TensorValue batchVariance =
      g.reduce<dl::ReduceMeanOp>(g.op<dl::SquareOp>(centered), axes, false);
  TensorValue factor = scale * g.op<dl::RsqrtOp>(batchVariance + epsilon);
  n.yield(0, centered * alongChannels(g, factor, x.rank()) +
                 alongChannels(g, offset, x.rank()));
  n.yield(1, mean * momentum + batchMean * (1 - momentum));
  n.yield(2, variance * momentum + batchVariance * (1 - momentum));
}

void importLayerNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Type element = x.element();
  int64_t axis = n.axis(n.integer("axis", -1), x.rank());
  double epsilon = n.real("epsilon", 1e-5);
  // Computed in f32 for narrower types if stash_type requests it (the default).
  Type compute =
      n.integer("stash_type", 1) == 1 && !element.isF64() ? g.f32() : element;
  TensorValue wide = g.cast(x, compute);
  Ints axes;
  for (int64_t d = axis; d < x.rank(); ++d)
    axes.push_back(d);
  TensorValue normal;
  if (n.wants(1) || n.wants(2)) {
    TensorValue mean = g.reduce<dl::ReduceMeanOp>(wide, axes, true);
    TensorValue centered = wide - mean;
    TensorValue variance =
        g.reduce<dl::ReduceMeanOp>(g.op<dl::SquareOp>(centered), axes, true);
    TensorValue inverse = g.op<dl::RsqrtOp>(variance + epsilon);
    normal = centered * inverse;
    n.yield(1, mean);
    n.yield(2, inverse);
  } else {
    normal = g.op<dl::LayerNormOp>(
        {wide.value}, {g.attr("axis", axis), g.attr("epsilon", epsilon),
                       g.b.getNamedAttr("operandSegmentSizes",
                                        g.b.getDenseI32ArrayAttr({1, 0, 0}))});
  }
  TensorValue y =
      g.cast(normal, element) * g.broadcastLike(n.in(1), x, "its scale");
  n.yield(0, n.has(2) ? y + g.broadcastLike(n.in(2), x, "its bias") : y);
}

void importRMSNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Type element = x.element();
  int64_t axis = n.axis(n.integer("axis", -1), x.rank());
  Type compute =
      n.integer("stash_type", 1) == 1 && !element.isF64() ? g.f32() : element;
  TensorValue wide = g.cast(x, compute);
  Ints axes;
  for (int64_t d = axis; d < x.rank(); ++d)
    axes.push_back(d);
  TensorValue mean =
      g.reduce<dl::ReduceMeanOp>(g.op<dl::SquareOp>(wide), axes, true);
  TensorValue y = wide * g.op<dl::RsqrtOp>(mean + n.real("epsilon", 1e-5));
  n.yield(g.cast(y, element) * g.broadcastLike(n.in(1), x, "its scale"));
}

/// Normalises over all positions of groups of channels; 0 groups: each channel.
static TensorValue normalizeGroups(Graph &g, TensorValue x, int64_t groups,
                                   double epsilon) {
  Extents shape = g.dims(x);
  if (shape.size() < 2)
    return g.fail("its operand has shape " + dl::toString(x.shape()) +
                  ", expected [N, C, spatial...]");
  Extent count = groups ? g.index(groups) : shape[1];
  Extent rest = g.product(ArrayRef<Extent>(shape).drop_front());
  TensorValue grouped = g.reshape(x, {shape[0], count, g.div(rest, count)});
  return g.reshape(g.normalizeLast(grouped, epsilon), shape);
}

void importInstanceNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  TensorValue y = normalizeGroups(g, x, 0, n.real("epsilon", 1e-5));
  n.yield(y * alongChannels(g, n.in(1), x.rank()) +
          alongChannels(g, n.in(2), x.rank()));
}

void importGroupNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), scale = n.in(1), offset = n.in(2);
  int64_t groups = n.integer("num_groups", 0);
  if (groups < 1) {
    n.fail("num_groups is " + Twine(groups) + ", expected 1 or more");
    return;
  }
  TensorValue y = normalizeGroups(g, x, groups, n.real("epsilon", 1e-5));
  if (n.version < 21) {
    // One number per group, repeated for its channels.
    auto repeat = [&](TensorValue v) {
      Extent each = g.div(g.dim(x, 1), g.index(groups));
      return g.reshape(
          g.broadcast(g.unsqueeze(v, {1}), {g.index(groups), each}),
          {g.dim(x, 1)});
    };
    scale = repeat(scale);
    offset = repeat(offset);
  }
  n.yield(y * alongChannels(g, scale, x.rank()) +
          alongChannels(g, offset, x.rank()));
}

/// (x - mean) / (standard deviation + 1e-9)
void importMeanVarianceNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Ints axes = n.ints("axes").value_or(Ints{0, 2, 3});
  TensorValue mean = g.reduce<dl::ReduceMeanOp>(x, axes, true);
  TensorValue centered = x - mean;
  TensorValue variance =
      g.reduce<dl::ReduceMeanOp>(g.op<dl::SquareOp>(centered), axes, true);
  n.yield(centered / (g.op<dl::SqrtOp>(variance) + 1e-9));
}

void importLpNormalization(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Ints axis{n.axis(n.integer("axis", -1), x.rank())};
  bool isOne = n.integer("p", 2) == 1;
  TensorValue sum = g.reduce<dl::ReduceSumOp>(
      isOne ? g.op<dl::AbsOp>(x) : g.op<dl::SquareOp>(x), axis, true);
  TensorValue norm = isOne ? sum : g.op<dl::SqrtOp>(sum);
  TensorValue one = g.number(x.element(), 1);
  n.yield(x / g.select(norm == 0.0, one, norm));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Applies `body` along the axis. Up to opset 12 all dimensions from the axis
/// on are collapsed.
template <typename Body> static void alongAxis(Node &n, Body body) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  if (n.version >= 13)
    return n.yield(body(x, n.axis(n.integer("axis", -1), x.rank())));
  int64_t axis = n.integer("axis", 1);
  axis = axis == x.rank() ? axis : n.axis(axis, x.rank());
  Extents shape = g.dims(x);
  ArrayRef<Extent> all(shape);
  TensorValue flat = g.reshape(
      x, {g.product(all.take_front(axis)), g.product(all.drop_front(axis))});
  n.yield(g.reshape(body(flat, 1), shape));
}

void importSoftmax(Node &n) {
  alongAxis(n, [&](TensorValue x, int64_t axis) {
    return n.g.op<dl::SoftmaxOp>({x.value}, {n.g.attr("axis", axis)});
  });
}
void importLogSoftmax(Node &n) {
  alongAxis(n, [&](TensorValue x, int64_t axis) {
    return n.g.op<dl::LogSoftmaxOp>({x.value}, {n.g.attr("axis", axis)});
  });
}
void importHardmax(Node &n) {
  Graph &g = n.g;
  alongAxis(n, [&](TensorValue x, int64_t axis) {
    if (x.dim(axis) == 0) // there is nothing to choose from
      return x;
    TensorValue best = g.op<dl::ArgMaxOp>(
        {x.value}, {g.attr("axis", axis), g.flag("keep_dims")});
    TensorValue position = g.iota(g.dims(x), axis, g.i64());
    return g.cast(position == best, x.element());
  });
}

} // namespace dlc::onnx_import
