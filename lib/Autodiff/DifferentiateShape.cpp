//===- DifferentiateShape.cpp - Ops that move elements --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// These ops are linear, and move or repeat elements. The derivative moves them
// back and sums over repetitions. If no op exists for that, the op is applied
// to the positions (dl.iota), which gives the origin of each element.
// dl.scatter then adds the cotangents there.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

template <typename OpT>
static LogicalResult differentiateReshape(OpT op, Gradients &d) {
  d.add(op.getX(), d.of(op.getY()).reshapeAs(d.at(op.getX())));
  return success();
}

template <typename OpT>
static LogicalResult differentiateIdentity(OpT op, Gradients &d) {
  d.add(op.getX(), d.of(op.getY()));
  return success();
}

static LogicalResult differentiateTranspose(dl::TransposeOp op, Gradients &d) {
  SmallVector<int64_t> back(op.getPermutation().size());
  for (auto [i, from] : llvm::enumerate(op.getPermutation()))
    back[from] = i;
  d.add(op.getX(), d.of(op.getY()).transpose(back));
  return success();
}

/// Positions from `start` along an axis, as many as the extent of `like`.
static TensorExpr cut(TensorExpr g, int64_t axis, OpFoldResult start,
                      TensorExpr like) {
  OpBuilder &b = *g.b;
  SmallVector<OpFoldResult> starts(g.rank(), b.getIndexAttr(0)),
      ones(g.rank(), b.getIndexAttr(1)), sizes;
  starts[axis] = start;
  for (int64_t d = 0; d < g.rank(); ++d)
    sizes.push_back(like.type().isDynamicDim(d)
                        ? OpFoldResult(like.extent(d))
                        : OpFoldResult(b.getIndexAttr(like.shape()[d])));
  return g.with(
      tensor::ExtractSliceOp::create(b, g.loc, g, starts, sizes, ones));
}

static LogicalResult differentiateConcat(dl::ConcatOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY());
  int64_t axis = dl::wrapAxis(op.getAxis(), g.rank()), start = 0;
  Value unknown; // offset after parts of unknown extent
  for (Value input : op.getInputs()) {
    TensorExpr part = d.at(input);
    int64_t extent = part.shape()[axis];
    if (d.needs(input))
      d.add(input, unknown || ShapedType::isDynamic(extent)
                       ? cut(g, axis,
                             unknown ? OpFoldResult(unknown)
                                     : OpFoldResult(d.b.getIndexAttr(start)),
                             part)
                       : g.slice(axis, start, start + extent));
    if (ShapedType::isDynamic(extent) && !unknown)
      unknown = arith::ConstantIndexOp::create(d.b, d.loc, start);
    if (unknown)
      unknown = arith::AddIOp::create(d.b, d.loc, unknown, part.extent(axis));
    else
      start += extent;
  }
  return success();
}

static LogicalResult differentiateSplit(dl::SplitOp op, Gradients &d) {
  SmallVector<TensorExpr> parts;
  for (Value part : op.getParts())
    parts.push_back(d.of(part));
  d.add(op.getX(),
        concat(parts, dl::wrapAxis(op.getAxis(), parts.front().rank())));
  return success();
}

/// Adds the cotangents `g` to zeros of the shape of x. Slice i along `axis`
/// goes to the position that element i of `from`, a vector of i64, gives.
static TensorExpr scatterAlong(TensorExpr g, TensorExpr from, int64_t axis,
                               TensorExpr like) {
  OpBuilder &b = *g.b;
  SmallVector<int64_t> swap;
  for (int64_t d = 0; d < g.rank(); ++d)
    swap.push_back(d);
  std::swap(swap[0], swap[axis]);
  TensorExpr updates = g.transpose(swap);
  SmallVector<int64_t> shape(updates.shape());
  shape[0] = like.shape()[axis];
  SmallVector<Value> extents;
  if (ShapedType::isDynamic(shape[0]))
    extents.push_back(like.extent(axis));
  for (int64_t d = 1; d < updates.rank(); ++d)
    if (updates.type().isDynamicDim(d))
      extents.push_back(updates.extent(d));
  Value zeros = dl::BroadcastOp::create(b, g.loc, g.type().clone(shape),
                                        g.constant(0), extents);
  return g
      .with(dl::ScatterOp::create(
          b, g.loc, zeros, from, updates,
          dl::ScatterKindAttr::get(b.getContext(), dl::ScatterKind::add)))
      .transpose(swap);
}

/// Whether extent `axis` of the result of a broadcast equals that of its
/// operand.
static bool keepsExtent(dl::BroadcastOp op, int64_t axis) {
  auto y = op.getY().getType();
  int64_t position = axis + y.getRank() - op.getX().getType().getRank();
  if (!y.isDynamicDim(position))
    return false;
  auto dim = op.getExtents()[y.getDynamicDimIndex(position)]
                 .getDefiningOp<tensor::DimOp>();
  return dim && dim.getSource() == op.getX() &&
         getConstantIntValue(dim.getDimension()) == axis;
}

/// Sums over broadcast dimensions. Whether an unknown extent was 1 is known
/// only at run time.
static LogicalResult differentiateBroadcast(dl::BroadcastOp op, Gradients &d) {
  TensorExpr x = d.at(op.getX()), g = d.of(op.getY()).reducedTo(x);
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    if (!ShapedType::isDynamic(x.shape()[axis]) || keepsExtent(op, axis))
      continue;
    TensorExpr isOne = x.count({axis}) == 1.0, sum = g.sum({axis});
    SmallVector<int64_t> shape(sum.shape());
    shape[axis] = ShapedType::kDynamic;
    SmallVector<Value> extents;
    for (int64_t k = 0; k < g.rank(); ++k)
      if (ShapedType::isDynamic(shape[k]))
        extents.push_back(k == axis ? x.extent(k) : sum.extent(k));
    Value stretched = dl::BroadcastOp::create(
        d.b, d.loc, sum.type().clone(shape), sum, extents);
    g = select(isOne, g.with(stretched), cut(g, axis, d.b.getIndexAttr(0), x));
  }
  d.add(op.getX(), g);
  return success();
}

/// Puts zeros back around the elements, dimension by dimension.
static LogicalResult differentiateSlice(dl::SliceOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  int64_t rank = x.rank();
  SmallVector<int64_t> low(rank, 0), high(rank, 0), padded;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t start = op.getStarts()[axis], end = op.getEnds()[axis],
            step = op.getSteps() ? (*op.getSteps())[axis] : 1,
            extent = x.shape()[axis];
    if (start == 0 && step == 1 && (end == INT64_MAX || end == extent))
      continue;
    if (step == 1 && !ShapedType::isDynamic(extent)) {
      auto clamp = [&](int64_t at) {
        return std::clamp<int64_t>(at < 0 ? at + extent : at, 0, extent);
      };
      low[axis] = clamp(start);
      high[axis] = extent - std::max(clamp(end), low[axis]);
      padded.push_back(axis);
      continue;
    }
    Value from = dl::SliceOp::create(
        d.b, d.loc, dl::formula::iota(d.b, d.loc, x, axis),
        d.b.getDenseI64ArrayAttr(start), d.b.getDenseI64ArrayAttr(end),
        d.b.getDenseI64ArrayAttr(step));
    g = scatterAlong(g, d.at(from), axis, x);
  }
  // The type gives the extent of the part.
  if (padded.size() == 1 && !ShapedType::isDynamic(g.shape()[padded.front()])) {
    d.addPart(op.getX(), g, padded.front(), low[padded.front()]);
    return success();
  }
  if (!padded.empty())
    g = g.pad(low, high);
  d.add(op.getX(), g);
  return success();
}

static LogicalResult differentiatePad(dl::PadOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    int64_t low = op.getLow()[axis], high = op.getHigh()[axis],
            extent = x.shape()[axis];
    if (!low && !high)
      continue;
    if (op.getMode() == dl::PadMode::constant) {
      // Counted from the end, so that it works for unknown extents too.
      g = g.slice(axis, low,
                  !ShapedType::isDynamic(extent) ? low + extent
                  : high                         ? -high
                                                 : INT64_MAX);
      continue;
    }
    Value from = dl::PadOp::create(
        d.b, d.loc, dl::formula::iota(d.b, d.loc, x, axis),
        d.b.getDenseI64ArrayAttr(low), d.b.getDenseI64ArrayAttr(high),
        op.getModeAttr(), d.b.getF64FloatAttr(0));
    g = scatterAlong(g, d.at(from), axis, x);
  }
  d.add(op.getX(), g);
  return success();
}

static LogicalResult differentiateGather(dl::GatherOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX()),
             indices = d.at(op.getIndices());
  int64_t axis = dl::wrapAxis(op.getAxis(), x.rank());
  // Flattens the dimensions of the indices.
  if (indices.rank() != 1) {
    auto flatten = [&](TensorExpr t, int64_t first) {
      SmallVector<int64_t> shape(t.shape().take_front(first));
      SmallVector<Value> extents;
      for (int64_t i = 0; i < first; ++i)
        if (t.type().isDynamicDim(i))
          extents.push_back(t.extent(i));
      int64_t all = productOf(t.shape().slice(first, indices.rank()));
      Value product = arith::ConstantIndexOp::create(d.b, d.loc, 1);
      for (int64_t i = 0; i < indices.rank(); ++i)
        product =
            arith::MulIOp::create(d.b, d.loc, product, t.extent(first + i));
      shape.push_back(all);
      if (ShapedType::isDynamic(all))
        extents.push_back(product);
      for (int64_t i = first + indices.rank(); i < t.rank(); ++i) {
        shape.push_back(t.shape()[i]);
        if (t.type().isDynamicDim(i))
          extents.push_back(t.extent(i));
      }
      return t.with(
          dl::ReshapeOp::create(d.b, d.loc, t.type().clone(shape), t, extents));
    };
    g = flatten(g, axis);
    indices = flatten(indices, 0);
  }
  d.add(op.getX(), scatterAlong(g, indices, axis, x));
  return success();
}

/// The sum over the block that an element became: its mean times its size.
static LogicalResult differentiateUpsample(dl::UpsampleOp op, Gradients &d) {
  TensorExpr g = d.of(op.getY());
  int64_t size = 1;
  for (int64_t scale : op.getScales())
    size *= scale;
  auto scales = d.b.getDenseI64ArrayAttr(op.getScales());
  Value mean = dl::AvgPoolOp::create(d.b, d.loc, g, scales, UnitAttr(), scales,
                                     DenseI64ArrayAttr(), dl::AutoPaddingAttr(),
                                     DenseI64ArrayAttr(), UnitAttr());
  d.add(op.getX(), d.at(mean) * double(size));
  return success();
}

static LogicalResult differentiateCast(tensor::CastOp op, Gradients &d) {
  d.add(op.getSource(), d.of(op.getDest()));
  return success();
}

/// A slice at offsets known only at run time: zeros are put around it.
static LogicalResult differentiateExtract(tensor::ExtractSliceOp op,
                                          Gradients &d) {
  TensorExpr x = d.at(op.getSource());
  if (op.getSourceType().getRank() != op.getType().getRank())
    return op.emitError("'tensor.extract_slice' op that drops dimensions has "
                        "no derivative, expected dl.slice and dl.reshape");
  d.add(op.getSource(),
        tensor::InsertSliceOp::create(
            d.b, d.loc, d.of(op.getResult()), x.filled(0), op.getMixedOffsets(),
            op.getMixedSizes(), op.getMixedStrides()));
  return success();
}

void dlc::attachShapeRules(MLIRContext *context) {
  attachRule<dl::ReshapeOp, differentiateReshape>(context);
  attachRule<dl::RequireFiniteOp, differentiateIdentity>(context);
  attachRule<dl::BarrierOp, differentiateIdentity>(context);
  attachRule<dl::FlattenOp, differentiateReshape>(context);
  attachRule<dl::BroadcastOp, differentiateBroadcast>(context);
  attachRule<dl::TransposeOp, differentiateTranspose>(context);
  attachRule<dl::ConcatOp, differentiateConcat>(context);
  attachRule<dl::SplitOp, differentiateSplit>(context);
  attachRule<dl::SliceOp, differentiateSlice>(context);
  attachRule<dl::PadOp, differentiatePad>(context);
  attachRule<dl::GatherOp, differentiateGather>(context);
  attachRule<dl::UpsampleOp, differentiateUpsample>(context);
  context->getOrLoadDialect<tensor::TensorDialect>();
  attachRule<tensor::CastOp, differentiateCast>(context);
  attachRule<tensor::ExtractSliceOp, differentiateExtract>(context);
}
