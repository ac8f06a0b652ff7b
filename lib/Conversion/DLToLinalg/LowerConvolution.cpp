//===- LowerConvolution.cpp - Convolutions --------------------------------===//
//
// One generic op for every rank and grouping. Loops: n, out..., [g], f,
// window..., [c]; g is there for grouped convolutions, c where a group has more
// than one channel. The filters' dimension f is the innermost parallel one: it
// is contiguous in filter and result, so it becomes the vector dimension.
//
//===----------------------------------------------------------------------===//

#include "WindowEmitter.h"

using namespace mlir;
using namespace dlc;

/// Splits the last dimension into (groups, rest).
static Value splitLast(Emitter &e, Value x, int64_t groups) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank(), last = type.getShape().back();
  SmallVector<int64_t> shape(type.getShape().drop_back());
  shape.append({groups, last / groups});
  SmallVector<ReassociationIndices> reassociation;
  for (int64_t d = 0; d < rank; ++d)
    reassociation.push_back({d});
  reassociation.back().push_back(rank);
  Sizes sizes = e.sizes(x);
  sizes.pop_back();
  sizes.append({e.index(groups), e.index(last / groups)});
  return tensor::ExpandShapeOp::create(
      e.b, e.loc, RankedTensorType::get(shape, type.getElementType()), x,
      reassociation, sizes);
}

/// The convolution proper of a padded `x` with a filter `[window..., c, F]`.
static Value emitGeneric(Emitter &e, const dl::Window &window, Value x,
                         Value filter, ArrayRef<OpFoldResult> places,
                         int64_t groups, Type stored) {
  x = e.widen(x);
  filter = e.widen(filter);
  unsigned rank = window.rank();
  auto filterType = cast<RankedTensorType>(filter.getType());
  bool grouped = groups > 1;
  bool single = grouped && filterType.getDimSize(rank) == 1; // depthwise

  unsigned firstOut = 1;
  int64_t g = 1 + rank, f = g + grouped;
  unsigned firstWindow = f + 1;
  int64_t c = firstWindow + rank;
  unsigned loops = c + !single;

  Sizes sizes{e.dim(x, 0)};
  llvm::append_range(sizes, places);
  SmallVector<int64_t> inputRest, filterDims, resultDims;
  for (unsigned d = 0; d < rank; ++d)
    filterDims.push_back(firstWindow + d);
  for (int64_t d = 0; d <= f; ++d)
    resultDims.push_back(d);
  if (single) {
    // x: [n, ..., g]; filter: [window..., g, f]. One channel a group.
    SmallVector<bool> dropped(rank + 2, false);
    dropped[rank] = true;
    filter = splitLast(e, e.dropUnitDims(filter, dropped), groups);
    inputRest = {g};
    filterDims.append({g, f});
    sizes.append({e.index(groups), e.dim(filter, rank + 1)});
  } else if (grouped) {
    x = splitLast(e, x, groups);
    filter = splitLast(e, filter, groups);
    inputRest = {g, c};
    filterDims.append({c, g, f});
    sizes.append({e.index(groups), e.dim(filter, rank + 2)});
  } else {
    inputRest = {c};
    filterDims.append({c, f});
    sizes.push_back(e.dim(filter, rank + 1));
  }
  if (single &&
      cast<RankedTensorType>(filter.getType()).getShape().back() == 1) {
    // Multiplier 1: the groups themselves are the filters.
    SmallVector<bool> dropped(rank + 2, false);
    dropped[rank + 1] = true;
    filter = e.dropUnitDims(filter, dropped);
    sizes.pop_back();
    loops = 2 + 2 * rank;
    firstWindow = 2 + rank;
    filterDims.clear();
    for (unsigned d = 0; d < rank; ++d)
      filterDims.push_back(firstWindow + d);
    filterDims.push_back(g);
    resultDims.pop_back();
  }
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), resultDims.size(),
              utils::IteratorType::parallel);
  Value y = e.generic(
      {x, filter}, e.filled(sizes, computeType(stored), 0),
      {windowMap(e, window, loops, firstOut, firstWindow, inputRest),
       e.pick(loops, filterDims), e.pick(loops, resultDims)},
      iterators, [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
        scalarT element(b, loc, args[0]), weight(b, loc, args[1]);
        return scalarT(b, loc, args[2]) + element * weight;
      });
  // [g, f] back to F.
  auto type = cast<RankedTensorType>(y.getType());
  if (type.getRank() == rank + 2)
    return y;
  SmallVector<ReassociationIndices> reassociation;
  for (int64_t d = 0; d < int64_t(rank) + 2; ++d)
    reassociation.push_back({d});
  reassociation.back().push_back(rank + 2);
  return tensor::CollapseShapeOp::create(e.b, e.loc, y, reassociation);
}

static Value finish(Emitter &e, Value y, Value bias, Type stored) {
  if (bias) {
    bias = e.widen(bias);
    auto type = cast<RankedTensorType>(y.getType());
    int64_t rank = type.getRank();
    e.requireEqual(e.dim(bias, 0), e.dim(y, rank - 1),
                   "the bias' extent differs from the number of filters");
    y = e.map({y, bias},
              {e.b.getMultiDimIdentityMap(rank), e.pick(rank, {rank - 1})},
              e.sizes(y), type.getElementType(),
              [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                return scalarT(b, loc, args[0]) + scalarT(b, loc, args[1]);
              });
  }
  return e.toStored(y, stored);
}

static Value emitConv(dl::ConvOp op, dl::ConvOpAdaptor operands, Emitter &e) {
  auto filterType = cast<RankedTensorType>(operands.getFilter().getType());
  Type stored = filterType.getElementType();
  auto window = dl::Window::get(op, filterType.getShape().drop_back(2));
  WindowSizes sizes = computeWindow(e, window, operands.getX());
  int64_t groups = op.getGroups().value_or(1);
  if (groups == 1)
    e.requireEqual(e.dim(operands.getX(), window.rank() + 1),
                   e.dim(operands.getFilter(), window.rank()),
                   "the input's channels differ from the filter's");
  Value x = padSpatial(e, e.widen(operands.getX()), sizes, 0);
  if (groups > 1 &&
      cast<RankedTensorType>(x.getType()).isDynamicDim(window.rank() + 1)) {
    // The verifier knows the filter's channels; so does the input, then.
    auto type = cast<RankedTensorType>(x.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = filterType.getDimSize(window.rank()) * groups;
    e.requireEqual(e.dim(x, window.rank() + 1), e.index(shape.back()),
                   "the input's channels differ from the filter's");
    x = tensor::CastOp::create(e.b, e.loc, type.clone(shape), x);
  }
  Value y = emitGeneric(e, window, x, operands.getFilter(), sizes.places,
                        groups, stored);
  return finish(e, y, operands.getBias(), stored);
}

/// A transposed convolution is a convolution of the input with zeros between
/// its elements, by the mirrored filter.
static Value emitConvTranspose(dl::ConvTransposeOp op,
                               dl::ConvTransposeOpAdaptor operands,
                               Emitter &e) {
  auto filterType = cast<RankedTensorType>(operands.getFilter().getType());
  Type stored = filterType.getElementType();
  auto window = dl::Window::get(op, filterType.getShape().drop_back(2));
  unsigned rank = window.rank();
  int64_t groups = op.getGroups().value_or(1);
  Value x = operands.getX();
  Sizes shape = e.sizes(x);
  e.requireEqual(shape.back(), e.dim(operands.getFilter(), rank + 1),
                 "the input's channels differ from the filter's");

  // Zeros between the elements, and as many around as a window reaches.
  Sizes spread = shape, offsets(rank + 2, e.index(0)),
        strides(rank + 2, e.index(1)), full{shape[0]};
  for (unsigned d = 0; d < rank; ++d) {
    OpFoldResult stride = e.index(window.strides[d]);
    int64_t around = window.reach(d) - 1;
    int64_t more = op.getOutputPadding() ? (*op.getOutputPadding())[d] : 0;
    if (window.isSame()) // the output is W s, however far the window reaches
      more = std::max<int64_t>(window.strides[d] - window.reach(d), 0);
    OpFoldResult extent =
        e.add(e.mul(e.sub(shape[d + 1], e.index(1)), stride), e.index(1));
    spread[d + 1] = e.add(extent, e.index(2 * around + more));
    offsets[d + 1] = e.index(around);
    strides[d + 1] = stride;
    full.push_back(e.add(extent, e.index(around + more)));
  }
  Value zeros = e.filled(spread, stored, 0);
  Value spreadX = tensor::InsertSliceOp::create(e.b, e.loc, x, zeros, offsets,
                                                shape, strides);

  // filter'[window - 1 - k, c, g F/g + f] = filter[k, f, g C/g + c]
  Value filter = operands.getFilter();
  Sizes filterSizes = e.sizes(filter);
  OpFoldResult inner = e.floorDiv(filterSizes[rank + 1], e.index(groups));
  OpFoldResult outer = filterSizes[rank];
  Sizes mirroredSizes(filterSizes.begin(), filterSizes.begin() + rank);
  mirroredSizes.append({inner, e.mul(outer, e.index(groups))});
  Value innerValue = e.value(inner), outerValue = e.value(outer);
  Value mirrored = e.pickElements(
      filter, mirroredSizes, [&](OpBuilder &b, Location loc, ValueRange place) {
        SmallVector<Value> from;
        for (unsigned d = 0; d < rank; ++d)
          from.push_back(arith::SubIOp::create(
              b, loc,
              arith::ConstantIndexOp::create(b, loc, window.kernel[d] - 1),
              place[d]));
        Value group =
            arith::DivUIOp::create(b, loc, place[rank + 1], outerValue);
        from.push_back(
            arith::RemUIOp::create(b, loc, place[rank + 1], outerValue));
        from.push_back(arith::AddIOp::create(
            b, loc, arith::MulIOp::create(b, loc, group, innerValue),
            place[rank]));
        return from;
      });

  dl::Window plain = window;
  plain.strides.assign(rank, 1);
  Sizes places(full.begin() + 1, full.end());
  Value y = emitGeneric(e, plain, spreadX, mirrored, places, groups, stored);

  // Padding of the convolution that this transposes crops the result.
  Sizes low(rank + 2, e.index(0)), size = e.sizes(y),
                                   ones(rank + 2, e.index(1));
  for (unsigned d = 0; d < rank; ++d) {
    if (window.isSame()) {
      OpFoldResult extent = e.mul(shape[d + 1], e.index(window.strides[d]));
      int64_t total = std::max<int64_t>(window.reach(d) - window.strides[d], 0);
      low[d + 1] = e.index(
          window.mode == dl::AutoPadding::same ? total / 2 : total - total / 2);
      size[d + 1] = extent;
    } else {
      low[d + 1] = e.index(window.low[d]);
      size[d + 1] = e.sub(full[d + 1], e.index(window.low[d] + window.high[d]));
    }
  }
  bool cropped = llvm::any_of(llvm::zip(size, e.sizes(y)), [](auto pair) {
    return !isEqualConstantIntOrValue(std::get<0>(pair), std::get<1>(pair));
  });
  if (cropped)
    y = tensor::ExtractSliceOp::create(e.b, e.loc, y, low, size, ones);
  return finish(e, y, operands.getBias(), stored);
}

/// Loops: window..., c, [g], f, then n, out... over which products are summed.
/// f is contiguous in `g` and in the result, c in `x`.
static Value emitFilterGrad(dl::ConvFilterGradOp op,
                            dl::ConvFilterGradOpAdaptor operands, Emitter &e) {
  auto type = cast<RankedTensorType>(operands.getX().getType());
  Type stored = type.getElementType();
  auto window = dl::Window::get(op, op.getWindow());
  unsigned rank = window.rank();
  int64_t groups = op.getGroups().value_or(1);
  bool grouped = groups > 1;
  WindowSizes sizes = computeWindow(e, window, operands.getX());
  Value x = padSpatial(e, e.widen(operands.getX()), sizes, 0);
  Value g = e.widen(operands.getG());
  e.requireEqual(e.dim(x, 0), e.dim(g, 0),
                 "the gradient's samples differ from the input's");
  for (unsigned d = 0; d < rank; ++d)
    e.requireEqual(sizes.places[d], e.dim(g, d + 1),
                   "the gradient's extent differs from the convolution's in "
                   "spatial dimension " +
                       Twine(d));
  unsigned c = rank, group = rank + 1, f = rank + 1 + grouped, n = f + 1,
           firstOut = n + 1, loops = firstOut + rank;
  SmallVector<int64_t> inputRest, gradDims{n}, resultDims;
  for (unsigned d = 0; d < rank; ++d)
    gradDims.push_back(firstOut + d);
  Sizes shape;
  for (int64_t extent : window.kernel)
    shape.push_back(e.index(extent));
  if (grouped) {
    x = splitLast(e, x, groups);
    g = splitLast(e, g, groups);
    inputRest = {int64_t(group), int64_t(c)};
    gradDims.push_back(group);
    shape.append({e.dim(x, rank + 2), e.index(groups), e.dim(g, rank + 2)});
  } else {
    inputRest = {int64_t(c)};
    shape.append({e.dim(x, rank + 1), e.dim(g, rank + 1)});
  }
  gradDims.push_back(f);
  for (unsigned d = 0; d <= f; ++d)
    resultDims.push_back(d);
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), f + 1, utils::IteratorType::parallel);
  // x's place is out * stride + window * dilation, its samples are loop n.
  AffineMap map =
      windowMap(e, window, loops, firstOut, /*firstWindow=*/0, inputRest);
  SmallVector<AffineExpr> places(map.getResults());
  places[0] = e.b.getAffineDimExpr(n);
  map = AffineMap::get(loops, 0, places, e.b.getContext());
  Value y = e.generic(
      {x, g}, e.filled(shape, computeType(stored), 0),
      {map, e.pick(loops, gradDims), e.pick(loops, resultDims)}, iterators,
      [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
        return scalarT(b, loc, args[2]) +
               scalarT(b, loc, args[0]) * scalarT(b, loc, args[1]);
      });
  if (grouped) {
    SmallVector<ReassociationIndices> reassociation;
    for (int64_t d = 0; d <= int64_t(rank) + 1; ++d)
      reassociation.push_back({d});
    reassociation.back().push_back(rank + 2);
    y = tensor::CollapseShapeOp::create(e.b, e.loc, y, reassociation);
  }
  return e.toStored(y, stored);
}

void dlc::populateConvolutionLowering(TypeConverter &types,
                                      RewritePatternSet &patterns) {
  addEmitter<dl::ConvOp>(patterns, types, emitConv);
  addEmitter<dl::ConvTransposeOp>(patterns, types, emitConvTranspose);
  addEmitter<dl::ConvFilterGradOp>(patterns, types, emitFilterGrad);
}
