//===- LowerConvolution.cpp - Convolutions --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One generic op for every rank and grouping. Its loops are n, out..., [g], f,
// window..., [c]. g exists for grouped convolutions, c if a group has more than
// one channel. The dimension f of the filters is the innermost parallel loop.
// It is contiguous in filter and result, so it becomes the vector dimension.
//
//===----------------------------------------------------------------------===//

#include "WindowEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

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

/// The convolution itself, of a padded `x` with a filter `[window..., c, F]`.
static Value emitGeneric(Emitter &e, const dl::Window &window, Value x,
                         Value filter, ArrayRef<OpFoldResult> positions,
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
  llvm::append_range(sizes, positions);
  SmallVector<int64_t> inputRest, filterDims, resultDims;
  for (unsigned d = 0; d < rank; ++d)
    filterDims.push_back(firstWindow + d);
  for (int64_t d = 0; d <= f; ++d)
    resultDims.push_back(d);
  if (single) {
    // x: [n, ..., g]; filter: [window..., g, f]. There is one channel per
    // group.
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
    // With one filter per group, g takes the place of f.
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
  // Merges [g, f] into F.
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
    // The channels of the filter are static by the verifier, so those of the
    // input are known.
    auto type = cast<RankedTensorType>(x.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = filterType.getDimSize(window.rank()) * groups;
    e.requireEqual(e.dim(x, window.rank() + 1), e.index(shape.back()),
                   "the input's channels differ from the filter's");
    x = tensor::CastOp::create(e.b, e.loc, type.clone(shape), x);
  }
  Value y = emitGeneric(e, window, x, operands.getFilter(), sizes.positions,
                        groups, stored);
  return finish(e, y, operands.getBias(), stored);
}

namespace {
/// One phase of one spatial dimension of a transposed convolution: the
/// positions o = m s + p of its result, where s is the stride. There y[o] is
/// the sum over i s + k d = o + a of x[i] w[k], where a is the leading padding
/// that is cut off. `taps` taps k contribute: every `tapStep`-th one up to
/// `lastTap`. They read x from m + shift, at distances of `dilation`.
struct Phase {
  int64_t taps = 0, tapStep = 1, lastTap = 0, shift = 0, dilation = 1;
  int64_t more = 0; // extent of the result beyond that of x
};

Phase findPhase(const dl::Window &window, unsigned d, int64_t p, int64_t cut,
                int64_t rest) {
  int64_t stride = window.strides[d], step = window.dilations[d];
  Phase phase;
  // The extent of the result is that of x times the stride, plus `rest`.
  phase.more = llvm::divideFloorSigned(rest - p + stride - 1, stride);
  for (int64_t k = 0; k < window.kernel[d]; ++k) {
    if ((p + cut - k * step) % stride)
      continue;
    ++phase.taps;
    phase.lastTap = k;
    phase.shift = (p + cut - k * step) / stride;
  }
  int64_t common = std::gcd(step, stride);
  phase.tapStep = stride / common;
  phase.dilation = step / common;
  return phase;
}
} // namespace

/// The taps of a phase in reverse order, in the layout of a plain convolution:
/// [taps..., c, g F/g + f] from [window..., f, g C/g + c].
static Value mirror(Emitter &e, Value filter, ArrayRef<Phase> phases,
                    int64_t groups) {
  unsigned rank = phases.size();
  auto type = cast<RankedTensorType>(filter.getType());
  Sizes sizes = e.sizes(filter), mirroredSizes;
  int64_t count = 1;
  for (const Phase &phase : phases) {
    mirroredSizes.push_back(e.index(phase.taps));
    count *= phase.taps;
  }
  OpFoldResult inner = e.floorDiv(sizes[rank + 1], e.index(groups));
  OpFoldResult outer = sizes[rank];
  mirroredSizes.append({inner, e.mul(outer, e.index(groups))});
  if (groups > 1) {
    Value innerValue = e.value(inner), outerValue = e.value(outer);
    return e.extractElements(
        filter, mirroredSizes,
        [&](OpBuilder &b, Location loc, ValueRange position) {
          auto index = [&](int64_t number) -> Value {
            return arith::ConstantIndexOp::create(b, loc, number);
          };
          SmallVector<Value> from;
          for (unsigned d = 0; d < rank; ++d)
            from.push_back(arith::SubIOp::create(
                b, loc, index(phases[d].lastTap),
                arith::MulIOp::create(b, loc, position[d],
                                      index(phases[d].tapStep))));
          Value group =
              arith::DivUIOp::create(b, loc, position[rank + 1], outerValue);
          from.push_back(
              arith::RemUIOp::create(b, loc, position[rank + 1], outerValue));
          from.push_back(arith::AddIOp::create(
              b, loc, arith::MulIOp::create(b, loc, group, innerValue),
              position[rank]));
          return from;
        });
  }
  // One matrix per tap. The transpose of a whole matrix goes through registers
  // in square blocks.
  SmallVector<int64_t> matrix(type.getShape().take_back(2));
  auto matrixType = RankedTensorType::get(matrix, type.getElementType());
  Sizes ones(rank + 2, e.index(1));
  Value start = arith::ConstantIndexOp::create(e.b, e.loc, 0),
        end = arith::ConstantIndexOp::create(e.b, e.loc, count),
        step = arith::ConstantIndexOp::create(e.b, e.loc, 1);
  auto loop = scf::ForOp::create(
      e.b, e.loc, start, end, step,
      ValueRange{tensor::EmptyOp::create(e.b, e.loc, mirroredSizes,
                                         type.getElementType())},
      [&](OpBuilder &b, Location loc, Value tap, ValueRange sum) {
        Sizes from, to, size(rank, b.getIndexAttr(1));
        AffineExpr number = b.getAffineDimExpr(0);
        int64_t below = count;
        for (const Phase &phase : phases) {
          below /= phase.taps;
          AffineExpr position = number.floorDiv(below) % phase.taps;
          to.push_back(
              affine::makeComposedFoldedAffineApply(b, loc, position, {tap}));
          from.push_back(affine::makeComposedFoldedAffineApply(
              b, loc, phase.lastTap - position * phase.tapStep, {tap}));
        }
        from.append({b.getIndexAttr(0), b.getIndexAttr(0)});
        to.append({b.getIndexAttr(0), b.getIndexAttr(0)});
        Sizes fromSize(size), toSize(size);
        fromSize.append({outer, inner});
        toSize.append({inner, outer});
        Value one = tensor::ExtractSliceOp::create(b, loc, matrixType, filter,
                                                   from, fromSize, ones);
        Value turned = linalg::TransposeOp::create(
                           b, loc, one,
                           tensor::EmptyOp::create(b, loc, Sizes{inner, outer},
                                                   type.getElementType()),
                           ArrayRef<int64_t>{1, 0})
                           ->getResult(0);
        Value next = tensor::InsertSliceOp::create(b, loc, turned, sum.front(),
                                                   to, toSize, ones);
        scf::YieldOp::create(b, loc, next);
      });
  return loop.getResult(0);
}

/// Beyond this number of phases there would be more code than it saves work.
static constexpr int64_t maxParts = 16;

/// A transposed convolution is one plain convolution per phase of the stride,
/// with the mirrored taps that reach an input element in that phase.
static Value emitConvTranspose(dl::ConvTransposeOp op,
                               dl::ConvTransposeOpAdaptor operands,
                               Emitter &e) {
  auto filterType = cast<RankedTensorType>(operands.getFilter().getType());
  Type stored = filterType.getElementType();
  auto window = dl::Window::get(op, filterType.getShape().drop_back(2));
  unsigned rank = window.rank();
  int64_t groups = op.getGroups().value_or(1);
  Value x = operands.getX(), filter = operands.getFilter();
  Sizes shape = e.sizes(x);
  e.requireEqual(shape.back(), e.dim(filter, rank + 1),
                 "the input's channels differ from the filter's");

  SmallVector<int64_t> cuts, rests;
  int64_t count = 1;
  for (unsigned d = 0; d < rank; ++d) {
    int64_t stride = window.strides[d], reach = window.effectiveKernel(d);
    count *= stride;
    if (window.isSame()) { // the result is W s for any reach of the window
      int64_t total = std::max<int64_t>(reach - stride, 0);
      cuts.push_back(window.mode == dl::AutoPadding::same ? total / 2
                                                          : total - total / 2);
      rests.push_back(0);
    } else {
      int64_t more = op.getOutputPadding() ? (*op.getOutputPadding())[d] : 0;
      cuts.push_back(window.low[d]);
      rests.push_back(reach - stride + more - window.low[d] - window.high[d]);
    }
  }
  if (count > maxParts) {
    // Otherwise zeros are inserted between the elements of x, with a single
    // phase.
    Sizes spread = shape, offsets(rank + 2, e.index(0)),
          strides(rank + 2, e.index(1));
    for (unsigned d = 0; d < rank; ++d) {
      int64_t stride = window.strides[d];
      spread[d + 1] = e.add(
          e.mul(e.sub(shape[d + 1], e.index(1)), e.index(stride)), e.index(1));
      strides[d + 1] = e.index(stride);
      rests[d] += stride - 1;
      window.strides[d] = 1;
    }
    x = e.insert(x, e.filled(spread, stored, 0), offsets, shape, strides);
    shape = spread;
    count = 1;
  }
  Sizes full{shape[0]};
  for (unsigned d = 0; d < rank; ++d)
    full.push_back(e.add(e.mul(shape[d + 1], e.index(window.strides[d])),
                         e.index(rests[d])));
  full.push_back(e.mul(e.dim(filter, rank), e.index(groups)));

  struct Part {
    SmallVector<int64_t> position;
    SmallVector<Phase> phases;
  };
  SmallVector<Part> parts;
  for (int64_t number = 0; number < count; ++number) {
    Part part;
    part.position.resize(rank);
    int64_t left = number;
    for (unsigned d = rank; d-- > 0; left /= window.strides[d])
      part.position[d] = left % window.strides[d];
    for (unsigned d = 0; d < rank; ++d)
      part.phases.push_back(
          findPhase(window, d, part.position[d], cuts[d], rests[d]));
    if (llvm::all_of(part.phases,
                     [](const Phase &phase) { return phase.taps > 0; }))
      parts.push_back(std::move(part));
  }
  // Positions that no tap reaches are zero.
  Value y;
  if (int64_t(parts.size()) < count)
    y = e.filled(full, computeType(stored), 0);
  else if (count > 1)
    y = tensor::EmptyOp::create(e.b, e.loc, full, computeType(stored));
  for (auto &[position, phases] : parts) {
    dl::Window plain = window;
    WindowSizes sizes;
    Sizes offsets(rank + 2, e.index(0)), extents = shape,
                                         ones(rank + 2, e.index(1));
    bool isCut = false;
    for (unsigned d = 0; d < rank; ++d) {
      const Phase &phase = phases[d];
      plain.strides[d] = 1;
      plain.dilations[d] = phase.dilation;
      plain.kernel[d] = phase.taps;
      int64_t reach = (phase.taps - 1) * phase.dilation;
      sizes.low.push_back(e.index(std::max<int64_t>(-phase.shift, 0)));
      sizes.high.push_back(
          e.index(std::max<int64_t>(phase.more + phase.shift + reach, 0)));
      sizes.positions.push_back(e.add(shape[d + 1], e.index(phase.more)));
      // The part of the padded input that is read.
      extents[d + 1] = e.add(sizes.positions.back(), e.index(reach));
      if (phase.shift > 0) {
        isCut = true;
        offsets[d + 1] = e.index(phase.shift);
      }
    }
    // Pads first, because a tap may read only zeros.
    Value part = padSpatial(e, x, sizes, 0);
    if (isCut)
      part = e.extract(part, offsets, extents, ones);
    part = emitGeneric(e, plain, part, mirror(e, filter, phases, groups),
                       sizes.positions, groups, stored);
    if (count == 1) {
      y = part;
      break;
    }
    Sizes at{e.index(0)}, strides{e.index(1)};
    for (unsigned d = 0; d < rank; ++d) {
      at.push_back(e.index(position[d]));
      strides.push_back(e.index(window.strides[d]));
    }
    at.push_back(e.index(0));
    strides.push_back(e.index(1));
    y = e.insert(part, y, at, e.sizes(part), strides);
  }
  return finish(e, y, operands.getBias(), stored);
}

/// Loops: window..., c, [g], f, then n, out... as reductions. f is contiguous
/// in `g` and in the result, c in `x`.
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
    e.requireEqual(sizes.positions[d], e.dim(g, d + 1),
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
  // x is read at out * stride + window * dilation; loop n is its samples.
  AffineMap map =
      windowMap(e, window, loops, firstOut, /*firstWindow=*/0, inputRest);
  SmallVector<AffineExpr> positions(map.getResults());
  positions[0] = e.b.getAffineDimExpr(n);
  map = AffineMap::get(loops, 0, positions, e.b.getContext());
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
