//===- DifferentiateNormalization.cpp - Softmax and normalisation ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

/// dx = y (g - sum of g y)
static LogicalResult differentiateSoftmax(dl::SoftmaxOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), y = d.at(op.getY());
  int64_t axis = dl::wrapAxis(op.getAxis(), y.rank());
  d.add(op.getX(), y * (g - (g * y).sum({axis})));
  return success();
}

/// dx = g - softmax(x) sum of g
static LogicalResult differentiateLogSoftmax(dl::LogSoftmaxOp op,
                                             Gradients &d) {
  TensorExpr g = d.of(op.getY()), y = d.at(op.getY());
  int64_t axis = dl::wrapAxis(op.getAxis(), y.rank());
  d.add(op.getX(), g - exp(y) * g.sum({axis}));
  return success();
}

static SmallVector<int64_t> allBut(int64_t last, int64_t rank) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    if (d != last)
      dims.push_back(d);
  return dims;
}

/// y = scale (x - mean) r + offset with r = (variance + epsilon)^-1/2.
static LogicalResult differentiateBatchNorm(dl::BatchNormOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX()),
             mean = d.at(op.getMean()), scale = d.at(op.getScale());
  TensorExpr r =
      rsqrt(d.at(op.getVariance()) + op.getEpsilon().convertToDouble());
  SmallVector<int64_t> rows = allBut(x.rank() - 1, x.rank());
  auto sum = [&](TensorExpr t) { return t.sum(rows, /*keepDims=*/false); };
  if (d.needs(op.getX()))
    d.add(op.getX(), g * (scale * r));
  if (d.needs(op.getOffset()) || d.needs(op.getMean())) {
    TensorExpr all = sum(g);
    d.add(op.getOffset(), all);
    d.add(op.getMean(), -all * scale * r);
  }
  if (d.needs(op.getScale()) || d.needs(op.getVariance())) {
    TensorExpr along = sum(g * (x - mean)) * r;
    d.add(op.getScale(), along);
    d.add(op.getVariance(), -0.5 * along * scale * r * r);
  }
  return success();
}

/// Batch norm with both statistics over the rows of x (Ioffe and Szegedy,
/// 2015): dx = scale r (g - mean of g - (x - mean) r^2 mean of g (x - mean)).
/// This takes two sums and one pass after them. The cotangents of the
/// statistics are added.
static LogicalResult differentiateBatchNormTraining(dl::BatchNormTrainingOp op,
                                                    Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX()),
             scale = d.at(op.getScale());
  SmallVector<int64_t> rows = allBut(x.rank() - 1, x.rank());
  auto sum = [&](TensorExpr t) { return t.sum(rows, /*keepDims=*/false); };
  TensorExpr centred = x - d.at(op.getMean());
  TensorExpr r =
      rsqrt(d.at(op.getVariance()) + op.getEpsilon().convertToDouble());
  TensorExpr all = sum(g), along = sum(g * centred);
  d.add(op.getOffset(), all);
  d.add(op.getScale(), along * r);
  if (!d.needs(op.getX()))
    return success();
  TensorExpr count = x.count(rows), factor = scale * r;
  TensorExpr shift = all * factor / count;
  TensorExpr slope = factor * r * r * along / count;
  if (Value reached = d.get(op.getMean()))
    shift = shift - d.at(reached) / count;
  if (Value reached = d.get(op.getVariance()))
    slope = slope - 2.0 * d.at(reached) / count;
  d.add(op.getX(), g * factor - shift - centred * slope);
  return success();
}

/// y = scale n + offset with n = (x - mean) r, both statistics over `axes` of
/// x: with h = g scale, dx = r (h - mean of h - n mean of h n).
static void
differentiateNormalize(Gradients &d, TensorExpr g, TensorExpr x,
                       ArrayRef<int64_t> axes, double epsilon,
                       std::optional<TensorExpr> scale,
                       llvm::function_ref<void(TensorExpr)> addX,
                       llvm::function_ref<void(TensorExpr)> addScale) {
  TensorExpr mean = x.mean(axes), centred = x - mean;
  TensorExpr r = rsqrt(square(centred).mean(axes) + epsilon);
  TensorExpr n = centred * r;
  TensorExpr h = scale ? g * *scale : g;
  addX(r * (h - h.mean(axes) - n * (h * n).mean(axes)));
  if (scale)
    addScale(g * n);
}

static LogicalResult differentiateLayerNorm(dl::LayerNormOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  int64_t axis = dl::wrapAxis(op.getAxis(), x.rank());
  SmallVector<int64_t> axes, rows;
  for (int64_t i = 0; i < x.rank(); ++i)
    (i < axis ? rows : axes).push_back(i);
  std::optional<TensorExpr> scale;
  if (op.getScale())
    scale = d.at(op.getScale());
  differentiateNormalize(
      d, g, x, axes, op.getEpsilon().convertToDouble(), scale,
      [&](TensorExpr dx) { d.add(op.getX(), dx); },
      [&](TensorExpr terms) {
        if (d.needs(op.getScale()))
          d.add(op.getScale(), terms.sum(rows, /*keepDims=*/false));
      });
  if (d.needs(op.getOffset()))
    d.add(op.getOffset(), g.sum(rows, /*keepDims=*/false));
  return success();
}

/// Statistics over positions and over each of `groups` groups of channels; 0
/// groups: every channel by itself.
template <typename OpT>
static LogicalResult differentiateGrouped(OpT op, int64_t groups,
                                          Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  int64_t rank = x.rank();
  SmallVector<int64_t> axes;
  for (int64_t i = 1; i + 1 < rank; ++i)
    axes.push_back(i);
  // Reshapes [..., C] to [..., groups, C / groups].
  auto split = [&](TensorExpr t) {
    if (!groups)
      return t;
    // The number of channels of x is static by the verifier.
    SmallVector<int64_t> shape(t.shape().drop_back());
    shape.append({groups, x.shape().back() / groups});
    SmallVector<Value> extents;
    auto type = t.type().clone(shape);
    if (type.getNumDynamicDims() > 1)
      extents = t.unknownExtents();
    return t.with(dl::ReshapeOp::create(*t.b, t.loc, type, t, extents));
  };
  if (groups)
    axes.push_back(rank);
  std::optional<TensorExpr> scale;
  if (op.getScale())
    scale = split(d.at(op.getScale()));
  TensorExpr like = x;
  differentiateNormalize(
      d, split(g), split(x), axes, op.getEpsilon().convertToDouble(), scale,
      [&](TensorExpr dx) { d.add(op.getX(), dx.reshapeAs(like)); },
      [&](TensorExpr terms) {
        if (d.needs(op.getScale()))
          d.add(op.getScale(),
                terms.reshapeAs(like).sum(allBut(rank - 1, rank), false));
      });
  if (d.needs(op.getOffset()))
    d.add(op.getOffset(), g.sum(allBut(rank - 1, rank), false));
  return success();
}

static LogicalResult differentiateGroupNorm(dl::GroupNormOp op, Gradients &d) {
  return differentiateGrouped(op, op.getGroups(), d);
}
static LogicalResult differentiateInstanceNorm(dl::InstanceNormOp op,
                                               Gradients &d) {
  return differentiateGrouped(op, 0, d);
}

void dlc::attachNormalizationRules(MLIRContext *context) {
  attachRule<dl::SoftmaxOp, differentiateSoftmax>(context);
  attachRule<dl::LogSoftmaxOp, differentiateLogSoftmax>(context);
  attachRule<dl::BatchNormOp, differentiateBatchNorm>(context);
  attachRule<dl::BatchNormTrainingOp, differentiateBatchNormTraining>(context);
  attachRule<dl::LayerNormOp, differentiateLayerNorm>(context);
  attachRule<dl::GroupNormOp, differentiateGroupNorm>(context);
  attachRule<dl::InstanceNormOp, differentiateInstanceNorm>(context);
}
