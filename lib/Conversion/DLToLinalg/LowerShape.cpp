//===- LowerShape.cpp - Ops that move elements ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace dlc;

static Value emitReshape(dl::ReshapeOp op, dl::ReshapeOpAdaptor x, Emitter &e) {
  auto element = cast<RankedTensorType>(x.getX().getType()).getElementType();
  return e.reshape(x.getX(),
                   cast<RankedTensorType>(op.getType().clone(element)),
                   x.getExtents());
}

static Value emitBroadcast(dl::BroadcastOp op, dl::BroadcastOpAdaptor x,
                           Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  Sizes sizes = e.sizes(op.getY().getType(), x.getExtents());
  int64_t skipped = op.getY().getType().getRank() - type.getRank();
  SmallVector<bool> dropped;
  SmallVector<int64_t> dims;
  bool isOpen = false; // whether some extent is either 1 or that of the result
  for (int64_t d = 0; d < type.getRank(); ++d) {
    OpFoldResult &size = sizes[skipped + d];
    bool stretched =
        type.getDimSize(d) == 1 && !isEqualConstantIntOrValue(size, e.index(1));
    dropped.push_back(stretched);
    if (stretched)
      continue;
    dims.push_back(skipped + d);
    OpFoldResult extent = e.dim(x.getX(), d);
    std::string what = ("dimension " + Twine(d) +
                        " of the operand is neither 1 nor as in the result")
                           .str();
    if (isa<Attribute>(extent)) {
      e.requireEqual(extent, size, what);
      size = extent;
    } else if (!isEqualConstantIntOrValue(extent, size)) {
      isOpen = true;
      auto isThat = [&](OpFoldResult other) -> Value {
        return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq,
                                     e.value(extent), e.value(other));
      };
      e.require(
          arith::OrIOp::create(e.b, e.loc, isThat(size), isThat(e.index(1))),
          what);
    }
  }
  if (!isOpen)
    return e.map(
        e.dropUnitDims(x.getX(), dropped), e.pick(sizes.size(), dims), sizes,
        type.getElementType(),
        [](OpBuilder &, Location, ValueRange args) { return args[0]; });
  // Reads position i, or 0 where the extent is 1.
  SmallVector<Value> last;
  for (OpFoldResult extent : e.sizes(x.getX()))
    last.push_back(e.value(e.sub(extent, e.index(1))));
  return e.extractElements(
      x.getX(), sizes, [&](OpBuilder &b, Location loc, ValueRange position) {
        SmallVector<Value> from;
        for (auto [d, most] : llvm::enumerate(last))
          from.push_back(min(scalarT(b, loc, position[skipped + d]),
                             scalarT(b, loc, most)));
        return from;
      });
}

static Value emitIota(dl::IotaOp op, dl::IotaOpAdaptor x, Emitter &e) {
  auto type = op.getY().getType();
  int64_t axis = dl::wrapAxis(op.getAxis(), type.getRank());
  Type element = type.getElementType();
  return e.map(
      {}, {}, e.sizes(type, x.getExtents()), dl::scalar::storedType(element),
      [&](OpBuilder &b, Location loc, ValueRange) -> Value {
        Value position = arith::IndexCastOp::create(
            b, loc, b.getI64Type(), linalg::IndexOp::create(b, loc, axis));
        return scalarT(b, loc, position).cast(element).store(element);
      });
}

static Value emitFlatten(dl::FlattenOp op, dl::FlattenOpAdaptor x, Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  int64_t rank = type.getRank(), axis = op.getAxis();
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < rank; ++d) {
    if (d <= axis)
      groups.emplace_back();
    groups.back().push_back(d);
  }
  if (axis < rank)
    return tensor::CollapseShapeOp::create(e.b, e.loc, x.getX(), groups);
  // Nothing to flatten: adds a last dimension of extent 1.
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(1);
  Sizes sizes = e.sizes(x.getX());
  sizes.push_back(e.index(1));
  if (!groups.empty())
    groups.back().push_back(rank);
  return tensor::ExpandShapeOp::create(
      e.b, e.loc, RankedTensorType::get(shape, type.getElementType()), x.getX(),
      groups, sizes);
}

static Value emitTranspose(dl::TransposeOp op, dl::TransposeOpAdaptor x,
                           Emitter &e) {
  Sizes from = e.sizes(x.getX()), to;
  for (int64_t d : op.getPermutation())
    to.push_back(from[d]);
  Type element = cast<RankedTensorType>(x.getX().getType()).getElementType();
  return linalg::TransposeOp::create(e.b, e.loc, x.getX(), e.empty(to, element),
                                     op.getPermutation())
      ->getResult(0);
}

static Value emitConcat(dl::ConcatOp op, dl::ConcatOpAdaptor x, Emitter &e) {
  auto type = cast<RankedTensorType>(x.getInputs().front().getType());
  int64_t rank = type.getRank();
  int64_t axis = dl::wrapAxis(op.getAxis(), rank);
  Sizes total = e.sizes(x.getInputs().front());
  for (Value input : x.getInputs().drop_front())
    for (int64_t d = 0; d < rank; ++d) {
      OpFoldResult extent = e.dim(input, d);
      if (d == axis) {
        total[d] = e.add(total[d], extent);
        continue;
      }
      e.requireEqual(total[d], extent,
                     "operands differ in dimension " + Twine(d));
      if (isa<Attribute>(extent))
        total[d] = extent;
    }
  Value result = e.empty(total, type.getElementType());
  Sizes offsets(rank, e.index(0)), ones(rank, e.index(1));
  for (Value input : x.getInputs()) {
    Sizes sizes = total;
    sizes[axis] = e.dim(input, axis);
    SmallVector<int64_t> known;
    for (OpFoldResult size : sizes)
      known.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
    auto inputType = RankedTensorType::get(known, type.getElementType());
    if (input.getType() != inputType)
      input = tensor::CastOp::create(e.b, e.loc, inputType, input);
    result = e.insert(input, result, offsets, sizes, ones);
    offsets[axis] = e.add(offsets[axis], sizes[axis]);
  }
  return result;
}

/// An op with one result per part.
struct LowerSplit : OpConversionPattern<dl::SplitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(dl::SplitOp op, OpAdaptor x,
                  ConversionPatternRewriter &rewriter) const override {
    Emitter e(rewriter, op);
    auto type = cast<RankedTensorType>(x.getX().getType());
    int64_t rank = type.getRank();
    int64_t axis = dl::wrapAxis(op.getAxis(), rank);
    int64_t total = 0;
    for (int64_t size : op.getSizes())
      total += size;
    e.requireEqual(e.dim(x.getX(), axis), e.index(total),
                   "the sizes do not add up to the extent of axis " +
                       Twine(axis));
    Sizes offsets(rank, e.index(0)), sizes = e.sizes(x.getX()),
                                     ones(rank, e.index(1));
    int64_t offset = 0;
    SmallVector<Value> parts;
    for (int64_t size : op.getSizes()) {
      offsets[axis] = e.index(offset);
      sizes[axis] = e.index(size);
      parts.push_back(e.extract(x.getX(), offsets, sizes, ones));
      offset += size;
    }
    rewriter.replaceOp(op, parts);
    return success();
  }
};

static Value emitSlice(dl::SliceOp op, dl::SliceOpAdaptor x, Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  int64_t rank = type.getRank();
  Sizes starts, sizes, strides;
  bool backwards = false;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t step = op.getSteps() ? (*op.getSteps())[d] : 1;
    OpFoldResult extent = e.dim(x.getX(), d);
    if (step == 1 && op.getStarts()[d] == 0 &&
        op.getEnds()[d] == std::numeric_limits<int64_t>::max()) {
      starts.push_back(e.index(0));
      sizes.push_back(extent);
      strides.push_back(e.index(1));
      continue;
    }
    // Clamped as in Python. -1 means "before the first element" for negative
    // steps.
    int64_t least = step > 0 ? 0 : -1;
    OpFoldResult most = step > 0 ? extent : e.sub(extent, e.index(1));
    auto clamp = [&](int64_t position) -> OpFoldResult {
      constexpr int64_t huge = int64_t(1) << 48; // keeps sums from overflowing
      position = std::clamp(position, -huge, huge);
      OpFoldResult at =
          position < 0 ? e.add(extent, e.index(position)) : e.index(position);
      return e.min(e.max(at, e.index(least)), most);
    };
    OpFoldResult start = clamp(op.getStarts()[d]), end = clamp(op.getEnds()[d]);
    OpFoldResult length = step > 0 ? e.sub(end, start) : e.sub(start, end);
    int64_t pace = step > 0 ? step : -step;
    starts.push_back(start);
    sizes.push_back(e.max(e.ceilDiv(length, e.index(pace)), e.index(0)));
    strides.push_back(e.index(step));
    backwards |= step < 0;
  }
  bool isNothing = llvm::any_of(
      sizes, [](OpFoldResult size) { return isZeroInteger(size); });
  if (!backwards || isNothing)
    return e.extract(x.getX(), starts, sizes, strides);
  SmallVector<Value> startValues, strideValues;
  for (int64_t d = 0; d < rank; ++d) {
    startValues.push_back(e.value(starts[d]));
    strideValues.push_back(e.value(strides[d]));
  }
  return e.extractElements(
      x.getX(), sizes, [&](OpBuilder &b, Location loc, ValueRange position) {
        SmallVector<Value> from;
        for (int64_t d = 0; d < rank; ++d)
          from.push_back(scalarT(b, loc, startValues[d]) +
                         scalarT(b, loc, position[d]) *
                             scalarT(b, loc, strideValues[d]));
        return from;
      });
}

static Value emitPad(dl::PadOp op, dl::PadOpAdaptor x, Emitter &e) {
  int64_t rank = cast<RankedTensorType>(x.getX().getType()).getRank();
  Sizes low, high, sizes = e.sizes(x.getX());
  SmallVector<Value> lowValues, extents;
  for (int64_t d = 0; d < rank; ++d) {
    low.push_back(e.index(op.getLow()[d]));
    high.push_back(e.index(op.getHigh()[d]));
    extents.push_back(e.value(sizes[d]));
    lowValues.push_back(e.value(low[d]));
    int64_t most = std::max(op.getLow()[d], op.getHigh()[d]);
    if (op.getMode() != dl::PadMode::constant && most &&
        !isa<Attribute>(sizes[d])) {
      int64_t least = op.getMode() == dl::PadMode::edge      ? 1
                      : op.getMode() == dl::PadMode::reflect ? most + 1
                                                             : most;
      e.require(arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sge,
                                      extents[d], e.value(e.index(least))),
                "dimension " + Twine(d) + " is too small for its padding");
    }
    sizes[d] = e.add(sizes[d], e.add(low[d], high[d]));
  }
  if (op.getMode() == dl::PadMode::constant)
    return e.pad(x.getX(), low, high,
                 e.storedConstant(op.getX().getType().getElementType(),
                                  op.getValue().convertToDouble()));
  return e.extractElements(
      x.getX(), sizes, [&](OpBuilder &b, Location loc, ValueRange position) {
        SmallVector<Value> from;
        for (int64_t d = 0; d < rank; ++d) {
          scalarT at =
              scalarT(b, loc, position[d]) - scalarT(b, loc, lowValues[d]);
          scalarT extent(b, loc, extents[d]);
          scalarT zero = at.constant(0), last = extent - at.constant(1);
          switch (op.getMode()) {
          case dl::PadMode::reflect:
            at = select(at < zero, -at, at);
            at = select(at > last, last + last - at, at);
            break;
          case dl::PadMode::wrap:
            at = select(at < zero, at + extent, at);
            at = select(at > last, at - extent, at);
            break;
          default:
            at = min(max(at, zero), last);
          }
          from.push_back(at);
        }
        return from;
      });
}

static Value emitGather(dl::GatherOp op, dl::GatherOpAdaptor x, Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  auto indicesType = cast<RankedTensorType>(x.getIndices().getType());
  int64_t rank = type.getRank(), indexRank = indicesType.getRank();
  int64_t axis = dl::wrapAxis(op.getAxis(), rank);
  Sizes source = e.sizes(x.getX()),
        sizes(source.begin(), source.begin() + axis);
  llvm::append_range(sizes, e.sizes(x.getIndices()));
  sizes.append(source.begin() + axis + 1, source.end());
  SmallVector<int64_t> indexDims;
  for (int64_t d = 0; d < indexRank; ++d)
    indexDims.push_back(axis + d);
  Value extent = e.value(source[axis]);
  if (!isa<Attribute>(source[axis])) {
    // Either the axis has elements, or no element is selected.
    auto isPositive = [&](OpFoldResult size) -> Value {
      return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sgt,
                                   e.value(size), e.value(e.index(0)));
    };
    Value nothing = arith::CmpIOp::create(
        e.b, e.loc, arith::CmpIPredicate::eq,
        e.value(e.product(e.sizes(x.getIndices()))), e.value(e.index(0)));
    e.require(
        arith::OrIOp::create(e.b, e.loc, isPositive(source[axis]), nothing),
        "nothing to pick from along axis " + Twine(axis));
  }
  return e.map(
      x.getIndices(), e.pick(sizes.size(), indexDims), sizes,
      type.getElementType(),
      [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
        scalarT size(b, loc, extent);
        scalarT at(
            b, loc,
            arith::IndexCastOp::create(b, loc, b.getIndexType(), args[0]));
        at = select(at < at.constant(0), at + size, at);
        at = min(max(at, at.constant(0)), size - at.constant(1));
        SmallVector<Value> position;
        for (int64_t d = 0; d < rank; ++d) {
          int64_t loop = d < axis ? d : d - 1 + indexRank;
          position.push_back(d == axis ? at.value
                                       : linalg::IndexOp::create(b, loc, loop));
        }
        Value picked = tensor::ExtractOp::create(b, loc, x.getX(), position);
        return picked;
      });
}

/// [n, h, w, c] -> [n, h, s, w, s, c] -> [n, h s, w s, c]
static Value emitUpsample(dl::UpsampleOp op, dl::UpsampleOpAdaptor x,
                          Emitter &e) {
  auto type = cast<RankedTensorType>(x.getX().getType());
  int64_t rank = type.getRank();
  Sizes sizes;
  SmallVector<int64_t> dims;
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < rank; ++d) {
    groups.emplace_back();
    groups.back().push_back(sizes.size());
    dims.push_back(sizes.size());
    sizes.push_back(e.dim(x.getX(), d));
    if (d > 0 && d + 1 < rank) {
      groups.back().push_back(sizes.size());
      sizes.push_back(e.index(op.getScales()[d - 1]));
    }
  }
  Value repeated =
      e.map(x.getX(), e.pick(sizes.size(), dims), sizes, type.getElementType(),
            [](OpBuilder &, Location, ValueRange args) { return args[0]; });
  return tensor::CollapseShapeOp::create(e.b, e.loc, repeated, groups);
}

/// An allocation that is filled by a copy. In linalg on tensors, only this
/// creates a second value that is not merged with the first.
static Value emitBarrier(dl::BarrierOp op, dl::BarrierOpAdaptor x, Emitter &e) {
  return bufferization::AllocTensorOp::create(
      e.b, e.loc, cast<RankedTensorType>(x.getX().getType()), ValueRange(),
      x.getX());
}

void dlc::populateShapeLowering(TypeConverter &types,
                                RewritePatternSet &patterns) {
  addDataMovement<dl::BarrierOp>(patterns, types, emitBarrier);
  addDataMovement<dl::ReshapeOp>(patterns, types, emitReshape);
  addDataMovement<dl::BroadcastOp>(patterns, types, emitBroadcast);
  addDataMovement<dl::IotaOp>(patterns, types, emitIota);
  addDataMovement<dl::FlattenOp>(patterns, types, emitFlatten);
  addDataMovement<dl::TransposeOp>(patterns, types, emitTranspose);
  addDataMovement<dl::ConcatOp>(patterns, types, emitConcat);
  patterns.add<LowerSplit>(types, patterns.getContext());
  addDataMovement<dl::SliceOp>(patterns, types, emitSlice);
  addDataMovement<dl::PadOp>(patterns, types, emitPad);
  addDataMovement<dl::GatherOp>(patterns, types, emitGather);
  addDataMovement<dl::UpsampleOp>(patterns, types, emitUpsample);
}
