//===- LowerNormalization.cpp - Softmax and normalisation -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"

using namespace mlir;
using namespace dlc;

static SmallVector<int64_t> keptDims(ArrayRef<bool> reduced) {
  SmallVector<int64_t> dims;
  for (auto [d, isReduced] : llvm::enumerate(reduced))
    if (!isReduced)
      dims.push_back(d);
  return dims;
}

static Value sumOf(OpBuilder &b, Location loc, ValueRange args) {
  return scalarT(b, loc, args.back()) + scalarT(b, loc, args.front());
}

/// exp(x - max) divided by its sum, or x - max - ln(sum) for the logarithm.
static Value emitSoftmax(Emitter &e, Value x, int64_t axis, bool logarithm) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  Type stored = type.getElementType(), compute = computeType(stored);
  SmallVector<bool> reduced(rank, false);
  reduced[dl::wrapAxis(axis, rank)] = true;
  AffineMap identity = e.b.getMultiDimIdentityMap(rank);
  AffineMap kept = e.pick(rank, keptDims(reduced));
  Value most =
      e.reduce(x, reduced, -std::numeric_limits<double>::infinity(),
               [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                 return max(scalarT(b, loc, args[1]), scalarT(b, loc, args[0]));
               });
  Sizes sizes = e.sizes(x);
  Value shifted =
      e.map({x, most}, {identity, kept}, sizes, compute,
            [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
              scalarT d = scalarT(b, loc, args[0]) - scalarT(b, loc, args[1]);
              return logarithm ? d : exp(d);
            });
  Value terms = shifted;
  if (logarithm)
    terms = e.map(shifted, compute,
                  [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                    return exp(scalarT(b, loc, args[0]));
                  });
  Value sum = e.reduce(terms, reduced, 0, sumOf);
  // One division or logarithm per row instead of one per element.
  Value row = e.map(sum, compute,
                    [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                      scalarT s(b, loc, args[0]);
                      return logarithm ? log(s) : 1.0 / s;
                    });
  return e.map({shifted, row}, {identity, kept}, sizes, stored,
               [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                 scalarT a(b, loc, args[0]), s(b, loc, args[1]);
                 return logarithm ? a - s : a * s;
               });
}

static Value emitBatchNorm(dl::BatchNormOp op, dl::BatchNormOpAdaptor x,
                           Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  int64_t rank = type.getRank();
  Type stored = type.getElementType();
  double epsilon = op.getEpsilon().convertToDouble();
  for (Value vector :
       {x.getScale(), x.getMean(), x.getOffset(), x.getVariance()})
    e.requireEqual(e.dim(vector, 0), e.dim(x.getX(), rank - 1),
                   "a statistic's extent differs from the channels");
  // One factor per channel, so that no root is computed per element.
  Value factor =
      e.map({x.getScale(), x.getVariance()}, computeType(stored),
            [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
              scalarT scale(b, loc, args[0]), v(b, loc, args[1]);
              return scale / sqrt(v + epsilon);
            });
  AffineMap identity = e.b.getMultiDimIdentityMap(rank);
  AffineMap channel = e.pick(rank, {rank - 1});
  return e.map({x.getX(), factor, x.getMean(), x.getOffset()},
               {identity, channel, channel, channel}, e.sizes(x.getX()), stored,
               [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                 scalarT element(b, loc, args[0]), f(b, loc, args[1]);
                 return (element - scalarT(b, loc, args[2])) * f +
                        scalarT(b, loc, args[3]);
               });
}

/// Subtracts the mean over the reduced dimensions and divides by the standard
/// deviation. Then applies scale and offset along `affineDims`.
static Value emitNormalize(Emitter &e, Value x, ArrayRef<bool> reduced,
                           double epsilon, Value scale, Value offset,
                           ArrayRef<int64_t> affineDims) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  Type stored = type.getElementType(), compute = computeType(stored);
  AffineMap identity = e.b.getMultiDimIdentityMap(rank);
  AffineMap kept = e.pick(rank, keptDims(reduced));
  OpFoldResult count = e.index(1);
  for (int64_t d = 0; d < rank; ++d)
    if (reduced[d])
      count = e.mul(count, e.dim(x, d));
  Value countValue =
      arith::IndexCastOp::create(e.b, e.loc, e.b.getI64Type(), e.value(count));
  Value countFloat = scalarT(e.b, e.loc, countValue).to(compute);
  auto mean = [&](Value sums) {
    return e.map(sums, compute,
                 [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                   return scalarT(b, loc, args[0]) /
                          scalarT(b, loc, countFloat);
                 });
  };
  Value average = mean(e.reduce(x, reduced, 0, sumOf));
  // The variance is computed from differences. The mean of squares minus the
  // squared mean would cancel.
  Value squares =
      e.map({x, average}, {identity, kept}, e.sizes(x), compute,
            [](OpBuilder &b, Location loc, ValueRange args) -> Value {
              scalarT d = scalarT(b, loc, args[0]) - scalarT(b, loc, args[1]);
              return d * d;
            });
  Value variance = mean(e.reduce(squares, reduced, 0, sumOf));
  Value factor =
      e.map(variance, compute,
            [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
              return 1.0 / sqrt(scalarT(b, loc, args[0]) + epsilon);
            });
  SmallVector<Value> inputs{x, average, factor};
  SmallVector<AffineMap> maps{identity, kept, kept};
  for (Value parameter : {scale, offset}) {
    if (!parameter)
      continue;
    for (auto [i, d] : llvm::enumerate(affineDims))
      e.requireEqual(e.dim(parameter, i), e.dim(x, d),
                     "scale or offset differs from the input in dimension " +
                         Twine(d));
    inputs.push_back(parameter);
    maps.push_back(e.pick(rank, affineDims));
  }
  return e.map(inputs, maps, e.sizes(x), stored,
               [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                 auto in = [&](unsigned i) { return scalarT(b, loc, args[i]); };
                 scalarT y = (in(0) - in(1)) * in(2);
                 if (scale)
                   y = y * in(3);
                 return offset ? y + in(4) : y;
               });
}

static Value emitLayerNorm(dl::LayerNormOp op, dl::LayerNormOpAdaptor x,
                           Emitter &e) {
  int64_t rank = cast<RankedTensorType>(x.getX().getType()).getRank();
  int64_t axis = dl::wrapAxis(op.getAxis(), rank);
  SmallVector<bool> reduced(rank, false);
  SmallVector<int64_t> dims;
  for (int64_t d = axis; d < rank; ++d) {
    reduced[d] = true;
    dims.push_back(d);
  }
  return emitNormalize(e, x.getX(), reduced, op.getEpsilon().convertToDouble(),
                       x.getScale(), x.getOffset(), dims);
}

/// Statistics over the spatial dimensions and the channels of a group.
static Value emitGroupNorm(Emitter &e, Value x, int64_t groups, double epsilon,
                           Value scale, Value offset) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank(), channels = type.getShape().back();
  if (groups == 0) { // each channel by itself
    SmallVector<bool> reduced(rank, true);
    reduced.front() = reduced.back() = false;
    return emitNormalize(e, x, reduced, epsilon, scale, offset, {rank - 1});
  }
  int64_t inner = channels / groups;
  SmallVector<ReassociationIndices> split;
  for (int64_t d = 0; d < rank; ++d)
    split.push_back({d});
  split.back().push_back(rank);
  SmallVector<int64_t> shape(type.getShape().drop_back());
  shape.append({groups, inner});
  Sizes sizes = e.sizes(x);
  sizes.pop_back();
  sizes.append({e.index(groups), e.index(inner)});
  Value expanded = tensor::ExpandShapeOp::create(
      e.b, e.loc, RankedTensorType::get(shape, type.getElementType()), x, split,
      sizes);
  auto expandVector = [&](Value vector) -> Value {
    if (!vector)
      return vector;
    auto vectorType = RankedTensorType::get({channels}, type.getElementType());
    if (vector.getType() != vectorType)
      vector = tensor::CastOp::create(e.b, e.loc, vectorType, vector);
    SmallVector<ReassociationIndices> pair{{0, 1}};
    Sizes pairSizes{e.index(groups), e.index(inner)};
    return tensor::ExpandShapeOp::create(
        e.b, e.loc,
        RankedTensorType::get({groups, inner}, type.getElementType()), vector,
        pair, pairSizes);
  };
  SmallVector<bool> reduced(rank + 1, true);
  reduced.front() = reduced[rank - 1] = false;
  Value y = emitNormalize(e, expanded, reduced, epsilon, expandVector(scale),
                          expandVector(offset), {rank - 1, rank});
  return tensor::CollapseShapeOp::create(e.b, e.loc, y, split);
}

void dlc::populateNormalizationLowering(TypeConverter &types,
                                        RewritePatternSet &patterns) {
  addEmitter<dl::SoftmaxOp>(
      patterns, types,
      [](dl::SoftmaxOp op, dl::SoftmaxOpAdaptor x, Emitter &e) -> Value {
        return emitSoftmax(e, x.getX(), op.getAxis(), false);
      });
  addEmitter<dl::LogSoftmaxOp>(
      patterns, types,
      [](dl::LogSoftmaxOp op, dl::LogSoftmaxOpAdaptor x, Emitter &e) -> Value {
        return emitSoftmax(e, x.getX(), op.getAxis(), true);
      });
  addEmitter<dl::BatchNormOp>(patterns, types, emitBatchNorm);
  addEmitter<dl::LayerNormOp>(patterns, types, emitLayerNorm);
  addEmitter<dl::GroupNormOp>(
      patterns, types,
      [](dl::GroupNormOp op, dl::GroupNormOpAdaptor x, Emitter &e) -> Value {
        return emitGroupNorm(e, x.getX(), op.getGroups(),
                             op.getEpsilon().convertToDouble(), x.getScale(),
                             x.getOffset());
      });
  addEmitter<dl::InstanceNormOp>(
      patterns, types,
      [](dl::InstanceNormOp op, dl::InstanceNormOpAdaptor x,
         Emitter &e) -> Value {
        return emitGroupNorm(e, x.getX(), 0, op.getEpsilon().convertToDouble(),
                             x.getScale(), x.getOffset());
      });
}
