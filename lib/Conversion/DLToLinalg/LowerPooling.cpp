//===- LowerPooling.cpp - Pooling -----------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "WindowEmitter.h"

using namespace mlir;
using namespace dlc;

/// Reduces each window. As in linalg's pooling ops, an operand that is never
/// read gives the shape of the window.
static Value emitWindows(Emitter &e, const dl::Window &window, Value padded,
                         ArrayRef<OpFoldResult> positions, double init,
                         Emitter::Body body) {
  unsigned rank = window.rank(), loops = 2 + 2 * rank;
  Type stored = cast<RankedTensorType>(padded.getType()).getElementType();
  Sizes sizes{e.dim(padded, 0)}, kernel;
  llvm::append_range(sizes, positions);
  sizes.push_back(e.dim(padded, rank + 1));
  SmallVector<int64_t> windowDims, resultDims;
  for (unsigned d = 0; d < rank; ++d) {
    kernel.push_back(e.index(window.kernel[d]));
    windowDims.push_back(2 + rank + d);
  }
  for (unsigned d = 0; d < 2 + rank; ++d)
    resultDims.push_back(d);
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), 2 + rank, utils::IteratorType::parallel);
  return e.generic({padded, e.empty(kernel, stored)},
                   e.filled(sizes, computeType(stored), init),
                   {windowMap(e, window, loops, 1, 2 + rank, {1 + rank}),
                    e.pick(loops, windowDims), e.pick(loops, resultDims)},
                   iterators, body);
}

static Value emitMaxPool(dl::MaxPoolOp op, dl::MaxPoolOpAdaptor operands,
                         Emitter &e) {
  Type stored =
      cast<RankedTensorType>(operands.getX().getType()).getElementType();
  auto window = dl::Window::get(op, op.getWindow());
  window.ceilMode = op.getCeilMode();
  WindowSizes sizes = computeWindow(e, window, operands.getX());
  double least = -std::numeric_limits<double>::infinity();
  Value padded = padSpatial(e, operands.getX(), sizes, least);
  Value y = emitWindows(
      e, window, padded, sizes.positions, least,
      [](OpBuilder &b, Location loc, ValueRange args) -> Value {
        return max(scalarT(b, loc, args[2]), scalarT(b, loc, args[0]));
      });
  return e.toStored(y, stored);
}

/// Reduces value and position together, in order: of equal elements the first
/// is kept.
static Value emitArgMaxPool(dl::ArgMaxPoolOp op,
                            dl::ArgMaxPoolOpAdaptor operands, Emitter &e) {
  Value x = operands.getX();
  Type stored = cast<RankedTensorType>(x.getType()).getElementType();
  Type compute = computeType(stored), index = e.b.getI64Type();
  auto window = dl::Window::get(op, op.getWindow());
  window.ceilMode = op.getCeilMode();
  WindowSizes sizes = computeWindow(e, window, x);
  double least = -std::numeric_limits<double>::infinity();
  Value padded = padSpatial(e, x, sizes, least);
  unsigned rank = window.rank(), loops = 2 + 2 * rank;
  Sizes result{e.dim(padded, 0)}, kernel;
  llvm::append_range(result, sizes.positions);
  result.push_back(e.dim(padded, rank + 1));
  SmallVector<int64_t> windowDims, resultDims;
  SmallVector<Value> low, extents;
  for (unsigned d = 0; d < rank; ++d) {
    kernel.push_back(e.index(window.kernel[d]));
    windowDims.push_back(2 + rank + d);
    low.push_back(e.value(sizes.low[d]));
    extents.push_back(e.value(e.dim(x, d + 1)));
  }
  for (unsigned d = 0; d < 2 + rank; ++d)
    resultDims.push_back(d);
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), 2 + rank, utils::IteratorType::parallel);
  Value inputs[] = {padded, e.empty(kernel, stored)};
  Value inits[] = {e.filled(result, compute, least),
                   e.filled(result, index, -1)};
  AffineMap maps[] = {windowMap(e, window, loops, 1, 2 + rank, {1 + rank}),
                      e.pick(loops, windowDims), e.pick(loops, resultDims),
                      e.pick(loops, resultDims)};
  auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
    auto number = [&](int64_t v) {
      return scalarT(b, loc, arith::ConstantIndexOp::create(b, loc, v));
    };
    scalarT v = scalarT(b, loc, args[0]).to(compute), best(b, loc, args[2]);
    scalarT position = number(0),
            inside =
                scalarT(b, loc, arith::ConstantIntOp::create(b, loc, 1, 1));
    for (unsigned d = 0; d < rank; ++d) {
      scalarT at =
          scalarT(b, loc, linalg::IndexOp::create(b, loc, 1 + d)) *
              number(window.strides[d]) +
          scalarT(b, loc, linalg::IndexOp::create(b, loc, 2 + rank + d)) *
              number(window.dilations[d]) -
          scalarT(b, loc, low[d]);
      scalarT extent(b, loc, extents[d]);
      inside = inside & (at >= number(0)) & (at < extent);
      position = position * extent + at;
    }
    // Padding never wins, not even against minus infinity.
    scalarT first = scalarT(b, loc, args[3]) < 0.0;
    scalarT better = inside & (first | (v > best));
    Value placed = arith::IndexCastOp::create(b, loc, index, position);
    linalg::YieldOp::create(
        b, loc,
        ValueRange{select(better, v, best),
                   select(better, v.with(placed), v.with(args[3]))});
  };
  auto generic = linalg::GenericOp::create(
      e.b, e.loc, TypeRange{inits[0].getType(), inits[1].getType()},
      ValueRange(inputs), ValueRange(inits), maps, iterators, body);
  return generic.getResult(1);
}

/// The number of elements that count in each window: a tensor [out...] of the
/// compute type.
static Value emitCounts(Emitter &e, const dl::Window &window, Value x,
                        const WindowSizes &sizes, bool countPadding,
                        Type type) {
  unsigned rank = window.rank();
  // Per dimension, the taps k of window p with begin <= p stride - low + k
  // dilation < end. Their number is clamp(ceil((end - from) / dilation)) -
  // clamp(ceil((begin - from) / dilation)), with from = p stride - low.
  SmallVector<Value> low, end;
  for (unsigned d = 0; d < rank; ++d) {
    low.push_back(e.value(sizes.low[d]));
    OpFoldResult extent = e.dim(x, d + 1);
    if (countPadding)
      extent = e.add(extent,
                     window.isSame() ? sizes.high[d] : e.index(window.high[d]));
    end.push_back(e.value(extent));
  }
  auto body = [&](OpBuilder &b, Location loc, ValueRange) -> Value {
    auto number = [&](int64_t v) {
      return scalarT(b, loc, arith::ConstantIndexOp::create(b, loc, v));
    };
    scalarT count = number(1);
    for (unsigned d = 0; d < rank; ++d) {
      scalarT position(b, loc, linalg::IndexOp::create(b, loc, d));
      scalarT from =
          position * number(window.strides[d]) - scalarT(b, loc, low[d]);
      scalarT begin = countPadding ? -scalarT(b, loc, low[d]) : number(0);
      auto steps = [&](scalarT limit) {
        scalarT distance = limit - from;
        scalarT rounded =
            scalarT(b, loc,
                    arith::CeilDivSIOp::create(b, loc, distance,
                                               number(window.dilations[d])));
        return min(max(rounded, number(0)), number(window.kernel[d]));
      };
      count = count * (steps(scalarT(b, loc, end[d])) - steps(begin));
    }
    Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
    return scalarT(b, loc, integer).to(type);
  };
  return e.map({}, {}, sizes.positions, type, body);
}

static Value emitAvgPool(dl::AvgPoolOp op, dl::AvgPoolOpAdaptor operands,
                         Emitter &e) {
  Type stored =
      cast<RankedTensorType>(operands.getX().getType()).getElementType();
  Type type = computeType(stored);
  auto window = dl::Window::get(op, op.getWindow());
  window.ceilMode = op.getCeilMode();
  unsigned rank = window.rank();
  Value x = operands.getX();
  WindowSizes sizes = computeWindow(e, window, x);
  Value padded = padSpatial(e, x, sizes, 0);
  Value sums =
      emitWindows(e, window, padded, sizes.positions, 0,
                  [](OpBuilder &b, Location loc, ValueRange args) -> Value {
                    return scalarT(b, loc, args[2]) + scalarT(b, loc, args[0]);
                  });
  // Without padding every window is complete, and the count is a constant.
  if (padded == x) {
    double count = 1;
    for (int64_t extent : window.kernel)
      count *= extent;
    return e.map(sums, stored,
                 [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                   return scalarT(b, loc, args[0]) / count;
                 });
  }
  Value counts = emitCounts(e, window, x, sizes, op.getCountPadding(), type);
  SmallVector<int64_t> spatial;
  for (unsigned d = 0; d < rank; ++d)
    spatial.push_back(d + 1);
  return e.map(
      {sums, counts},
      {e.b.getMultiDimIdentityMap(rank + 2), e.pick(rank + 2, spatial)},
      e.sizes(sums), stored,
      [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
        return scalarT(b, loc, args[0]) / scalarT(b, loc, args[1]);
      });
}

/// Reduces all spatial dimensions and keeps them with extent 1.
static Value emitGlobal(Emitter &e, Value x, double init, bool mean,
                        Emitter::Body body) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  SmallVector<bool> reduced(rank, true);
  reduced.front() = reduced.back() = false;
  Value y = e.reduce(x, reduced, init, body);
  OpFoldResult count = e.index(1);
  for (int64_t d = 1; d + 1 < rank; ++d)
    count = e.mul(count, e.dim(x, d));
  Value countValue = mean ? e.value(count) : Value();
  y = e.map(y, type.getElementType(),
            [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
              if (!mean)
                return args[0];
              scalarT sum(b, loc, args[0]);
              Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                                         countValue);
              return sum / sum.with(integer).to(sum.type());
            });
  return e.insertUnitDims(y, reduced);
}

void dlc::populatePoolingLowering(TypeConverter &types,
                                  RewritePatternSet &patterns) {
  addEmitter<dl::ArgMaxPoolOp>(patterns, types, emitArgMaxPool);
  addEmitter<dl::MaxPoolOp>(patterns, types, emitMaxPool);
  addEmitter<dl::AvgPoolOp>(patterns, types, emitAvgPool);
  addEmitter<dl::GlobalMaxPoolOp>(
      patterns, types,
      [](dl::GlobalMaxPoolOp op, dl::GlobalMaxPoolOpAdaptor operands,
         Emitter &e) -> Value {
        return emitGlobal(
            e, operands.getX(), -std::numeric_limits<double>::infinity(), false,
            [](OpBuilder &b, Location loc, ValueRange args) -> Value {
              return max(scalarT(b, loc, args[1]), scalarT(b, loc, args[0]));
            });
      });
  addEmitter<dl::GlobalAvgPoolOp>(
      patterns, types,
      [](dl::GlobalAvgPoolOp op, dl::GlobalAvgPoolOpAdaptor operands,
         Emitter &e) -> Value {
        return emitGlobal(
            e, operands.getX(), 0, true,
            [](OpBuilder &b, Location loc, ValueRange args) -> Value {
              return scalarT(b, loc, args[1]) + scalarT(b, loc, args[0]);
            });
      });
}
