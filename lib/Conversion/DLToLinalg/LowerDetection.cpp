//===- LowerDetection.cpp - Heads of object detectors ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

namespace {

/// Corners and area of a box in f32.
struct Box {
  Box(OpBuilder &b, Location loc, Value boxes, Value image, Value number,
      bool centered) {
    auto field = [&](int64_t i) {
      Value at = arith::ConstantIndexOp::create(b, loc, i);
      return scalarT(b, loc,
                     tensor::ExtractOp::create(b, loc, boxes,
                                               ValueRange{image, number, at}));
    };
    SmallVector<scalarT> f{field(0), field(1), field(2), field(3)};
    if (centered) {
      for (int i : {0, 1}) {
        low.push_back(f[i] - f[i + 2] * 0.5);
        high.push_back(f[i] + f[i + 2] * 0.5);
      }
    } else {
      for (int i : {0, 1}) {
        low.push_back(min(f[i], f[i + 2]));
        high.push_back(max(f[i], f[i + 2]));
      }
    }
  }
  scalarT area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
  /// Whether the intersection of both boxes is more than `least` of their
  /// union.
  scalarT overlaps(const Box &other, scalarT least) const {
    auto common = [&](int i) {
      return max(min(high[i], other.high[i]) - max(low[i], other.low[i]), 0.0);
    };
    scalarT shared = common(0) * common(1);
    return shared > (area() + other.area() - shared) * least;
  }

  SmallVector<scalarT, 2> low, high;
};

/// Appends the boxes of one class of an image, greedily, in order of their
/// scores.
struct Suppression {
  Emitter &e;
  Location loc;
  Value boxes, scores, threshold, overlap, most;
  bool centered;
  Value zero, one, n;

  /// Takes and returns (number of rows written, rows).
  SmallVector<Value> suppress(OpBuilder &b, Value image, Value kind,
                              ValueRange state);

private:
  /// Takes the state of the loop and returns the next one: whether a box was
  /// found, the number of rows, what was visited, the rows.
  SmallVector<Value> step(OpBuilder &b, Value image, Value kind, Value begin,
                          ValueRange s);
  Value findBest(OpBuilder &b, Value image, Value kind, Value visited);
  Value isApart(OpBuilder &b, Value image, Value box, Value begin, Value end,
                Value rows);
};

/// Returns the best box that has not been visited, with a score above the
/// threshold, or -1.
Value Suppression::findBest(OpBuilder &b, Value image, Value kind,
                            Value visited) {
  Value noBox = arith::ConstantIndexOp::create(b, loc, -1);
  auto search = scf::ForOp::create(
      b, loc, zero, n, one, ValueRange{threshold, noBox},
      [&](OpBuilder &b, Location loc, Value i, ValueRange best) {
        scalarT score(b, loc,
                      tensor::ExtractOp::create(b, loc, scores,
                                                ValueRange{image, kind, i}));
        scalarT seen(b, loc, tensor::ExtractOp::create(b, loc, visited, i));
        scalarT better = (score > scalarT(b, loc, best[0])) & (seen == 0.0);
        scf::YieldOp::create(
            b, loc,
            ValueRange{select(better, score, score.with(best[0])),
                       select(better, score.with(i), score.with(best[1]))});
      });
  return search.getResult(1);
}

/// Whether `box` overlaps none of the rows from `begin` to `end`.
Value Suppression::isApart(OpBuilder &b, Value image, Value box, Value begin,
                           Value end, Value rows) {
  Box mine(b, loc, boxes, image, box, centered);
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  auto keep = scf::ForOp::create(
      b, loc, begin, end, one, yes,
      [&](OpBuilder &b, Location loc, Value i, ValueRange k) {
        Value two = arith::ConstantIndexOp::create(b, loc, 2);
        Value other = arith::IndexCastOp::create(
            b, loc, b.getIndexType(),
            tensor::ExtractOp::create(b, loc, rows, ValueRange{i, two}));
        Box theirs(b, loc, boxes, image, other, centered);
        scalarT above = mine.overlaps(theirs, scalarT(b, loc, overlap));
        scf::YieldOp::create(b, loc, (scalarT(b, loc, k[0]) & ~above).value);
      });
  return keep.getResult(0);
}

SmallVector<Value> Suppression::step(OpBuilder &b, Value image, Value kind,
                                     Value begin, ValueRange s) {
  Type i64 = b.getI64Type(), i8 = b.getI8Type();
  Value box = findBest(b, image, kind, s[2]);
  Value found =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, box, zero);
  auto append = [&](OpBuilder &b, Location loc) {
    Value rows = s[3];
    SmallVector<Value> row{image, kind, box};
    for (auto [i, v] : llvm::enumerate(row))
      rows = tensor::InsertOp::create(
          b, loc, arith::IndexCastOp::create(b, loc, i64, v), rows,
          ValueRange{s[1], arith::ConstantIndexOp::create(b, loc, i)});
    Value next = arith::AddIOp::create(b, loc, s[1], one);
    scf::YieldOp::create(b, loc, ValueRange{next, rows});
  };
  auto step = scf::IfOp::create(
      b, loc, found,
      [&](OpBuilder &b, Location loc) {
        Value seen = tensor::InsertOp::create(
            b, loc, arith::ConstantIntOp::create(b, loc, i8, 1), s[2], box);
        auto insert = scf::IfOp::create(
            b, loc, isApart(b, image, box, begin, s[1], s[3]), append,
            [&](OpBuilder &b, Location loc) {
              scf::YieldOp::create(b, loc, ValueRange{s[1], s[3]});
            });
        scf::YieldOp::create(
            b, loc, ValueRange{insert.getResult(0), seen, insert.getResult(1)});
      },
      [&](OpBuilder &b, Location loc) {
        scf::YieldOp::create(b, loc, ValueRange{s[1], s[2], s[3]});
      });
  return {found, step.getResult(0), step.getResult(1), step.getResult(2)};
}

SmallVector<Value> Suppression::suppress(OpBuilder &b, Value image, Value kind,
                                         ValueRange state) {
  Type i8 = b.getI8Type();
  Value begin = state[0];
  Value fresh =
      linalg::FillOp::create(
          b, loc, arith::ConstantIntOp::create(b, loc, i8, 0).getResult(),
          tensor::EmptyOp::create(b, loc, e.sizes(boxes)[1], i8).getResult())
          .getResult(0);
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  SmallVector<Value> init{yes, begin, fresh, state[1]};
  SmallVector<Type> types(ValueRange(init).getTypes());
  auto greedy = scf::WhileOp::create(
      b, loc, types, init,
      [&](OpBuilder &b, Location loc, ValueRange s) {
        Value taken = arith::SubIOp::create(b, loc, s[1], begin);
        Value isRoom = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                             taken, most);
        scf::ConditionOp::create(
            b, loc, arith::AndIOp::create(b, loc, s[0], isRoom), s);
      },
      [&](OpBuilder &b, Location loc, ValueRange s) {
        scf::YieldOp::create(b, loc, step(b, image, kind, begin, s));
      });
  return {greedy.getResult(1), greedy.getResult(3)};
}

} // namespace

static Value emitNonMaxSuppression(dl::NonMaxSuppressionOp op,
                                   dl::NonMaxSuppressionOpAdaptor operands,
                                   Emitter &e) {
  Location loc = op.getLoc();
  Value boxes = operands.getBoxes(), scores = operands.getScores();
  e.requireEqual(e.dim(boxes, 0), e.dim(scores, 0),
                 "boxes and scores differ in the number of images");
  e.requireEqual(e.dim(boxes, 1), e.dim(scores, 2),
                 "boxes and scores differ in the number of boxes");
  e.requireEqual(e.dim(boxes, 2), e.index(4), "a box does not have 4 numbers");
  Value zero = e.value(e.index(0)), one = e.value(e.index(1));
  Value n = e.value(e.dim(boxes, 1));
  Value limit = arith::IndexCastOp::create(e.b, loc, e.b.getIndexType(),
                                           operands.getMost());
  Value most = arith::MinSIOp::create(
      e.b, loc, n, arith::MaxSIOp::create(e.b, loc, limit, zero));
  Value cells = e.value(e.mul(e.dim(scores, 0), e.dim(scores, 1)));
  // At least one row, because a slice may not begin after the end.
  Value room = arith::MaxSIOp::create(
      e.b, loc, arith::MulIOp::create(e.b, loc, cells, most), one);
  Value out = e.empty({OpFoldResult(room), e.index(3)}, e.b.getI64Type());
  Suppression each{e,
                   loc,
                   boxes,
                   scores,
                   operands.getScoreThreshold(),
                   operands.getOverlapThreshold(),
                   most,
                   op.getCentered(),
                   zero,
                   one,
                   n};
  auto images = scf::ForOp::create(
      e.b, loc, zero, e.value(e.dim(scores, 0)), one, ValueRange{zero, out},
      [&](OpBuilder &b, Location loc, Value image, ValueRange state) {
        Value classes = e.value(e.dim(scores, 1));
        auto kinds = scf::ForOp::create(
            b, loc, zero, classes, one, state,
            [&](OpBuilder &b, Location loc, Value kind, ValueRange state) {
              scf::YieldOp::create(b, loc,
                                   each.suppress(b, image, kind, state));
            });
        scf::YieldOp::create(b, loc, kinds.getResults());
      });
  return tensor::ExtractSliceOp::create(
      e.b, loc, images.getResult(1), Sizes{e.index(0), e.index(0)},
      Sizes{OpFoldResult(images.getResult(0)), e.index(3)},
      Sizes{e.index(1), e.index(1)});
}

/// Computes each element of the result with loops over its samples. Each sample
/// reads four elements of x.
static Value emitRoiAlign(dl::RoiAlignOp op, dl::RoiAlignOpAdaptor operands,
                          Emitter &e) {
  Value x = operands.getX(), rois = operands.getRois(),
        images = operands.getImages();
  e.requireEqual(e.dim(rois, 1), e.index(4),
                 "a region does not have 4 numbers");
  e.requireEqual(e.dim(rois, 0), e.dim(images, 0),
                 "rois and images differ in number");
  Type stored = cast<RankedTensorType>(x.getType()).getElementType();
  Type type = computeType(stored);
  Sizes sizes{e.dim(rois, 0), e.index(op.getSize()[0]),
              e.index(op.getSize()[1]), e.dim(x, 3)};
  SmallVector<Value> extents;
  for (int64_t d = 0; d < 3; ++d)
    extents.push_back(e.value(e.dim(x, d)));
  // Samples outside are clamped to the nearest element, so one must exist.
  Value none =
      arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq,
                            e.value(e.dim(rois, 0)), e.value(e.index(0)));
  for (Value extent : extents) {
    Value isSome = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sgt,
                                         extent, e.value(e.index(0)));
    e.require(arith::OrIOp::create(e.b, e.loc, none, isSome),
              "regions of an image without elements");
  }
  double scale = op.getScale().convertToDouble();
  int64_t ratio = op.getSamplingRatio();
  bool isMax = op.getKind() == dl::RoiAlignKind::max;
  return e.map(
      {}, {}, sizes, stored,
      [&](OpBuilder &b, Location loc, ValueRange) -> Value {
        Type i64 = b.getI64Type(), index = b.getIndexType();
        Value region = linalg::IndexOp::create(b, loc, 0);
        Value channel = linalg::IndexOp::create(b, loc, 3);
        auto toFloat = [&](Value position) {
          return scalarT(b, loc,
                         arith::IndexCastOp::create(b, loc, i64, position))
              .to(type);
        };
        auto toIndex = [&](OpBuilder &b, scalarT v) -> Value {
          return arith::IndexCastOp::create(b, loc, index, v.to(i64).value);
        };
        auto corner = [&](int64_t i) {
          Value at = arith::ConstantIndexOp::create(b, loc, i);
          scalarT v(
              b, loc,
              tensor::ExtractOp::create(b, loc, rois, ValueRange{region, at}));
          v = v.to(type) * scale;
          return op.getHalfPixel() ? v - 0.5 : v;
        };
        scalarT image(b, loc,
                      arith::IndexCastOp::create(
                          b, loc, index,
                          tensor::ExtractOp::create(b, loc, images, region)));
        image = min(max(image, 0.0), scalarT(b, loc, extents[0]) - 1.0);
        // Per axis (y, x): start of the cell, its size, and its number of
        // samples.
        SmallVector<scalarT> begin, cell, counts;
        SmallVector<Value> steps;
        for (int axis : {0, 1}) {
          scalarT low = corner(axis == 0 ? 1 : 0),
                  high = corner(axis == 0 ? 3 : 2);
          scalarT size = high - low;
          if (!op.getHalfPixel())
            size = max(size, 1.0);
          cell.push_back(size / double(op.getSize()[axis]));
          begin.push_back(low +
                          toFloat(linalg::IndexOp::create(b, loc, 1 + axis)) *
                              cell.back());
          scalarT count =
              ratio ? size.constant(ratio) : max(ceil(cell.back()), 1.0);
          // At most one more than x has positions, so the loop is bounded for
          // any input.
          if (!ratio)
            count = min(count, toFloat(extents[1 + axis]) + 1.0);
          counts.push_back(count);
          steps.push_back(toIndex(b, count));
        }
        Value zero = arith::ConstantIndexOp::create(b, loc, 0);
        Value one = arith::ConstantIndexOp::create(b, loc, 1);
        double least = -std::numeric_limits<double>::infinity();
        Value start = cell[0].constant(isMax ? least : 0.0);
        auto sample = [&](OpBuilder &b, Value iy, Value ix,
                          Value sum) -> Value {
          auto here = [&](scalarT v) { return scalarT(b, loc, v.value); };
          SmallVector<scalarT> below, part;
          SmallVector<Value> near, far;
          scalarT inside(b, loc, arith::ConstantIntOp::create(b, loc, 1, 1));
          for (int axis : {0, 1}) {
            scalarT step =
                scalarT(b, loc,
                        arith::IndexCastOp::create(b, loc, i64, axis ? ix : iy))
                    .to(type);
            scalarT at = here(begin[axis]) +
                         (step + 0.5) * here(cell[axis]) / here(counts[axis]);
            scalarT extent = scalarT(b, loc,
                                     arith::IndexCastOp::create(
                                         b, loc, i64, extents[1 + axis]))
                                 .to(type);
            inside = inside & (at >= -1.0) & (at <= extent);
            at = min(max(at, 0.0), extent - 1.0);
            scalarT lower = floor(at);
            part.push_back(at - lower);
            near.push_back(toIndex(b, lower));
            far.push_back(toIndex(b, min(lower + 1.0, extent - 1.0)));
          }
          auto element = [&](bool farY, bool farX) {
            Value y = farY ? far[0] : near[0], xs = farX ? far[1] : near[1];
            return scalarT(
                       b, loc,
                       tensor::ExtractOp::create(
                           b, loc, x, ValueRange{image.value, y, xs, channel}))
                .to(type);
          };
          scalarT fy = part[0], fx = part[1], gy = 1.0 - fy, gx = 1.0 - fx;
          scalarT total(b, loc, sum);
          scalarT a = element(false, false) * gy * gx,
                  c = element(false, true) * gy * fx,
                  d = element(true, false) * fy * gx,
                  f = element(true, true) * fy * fx;
          scalarT value = isMax ? max(max(a, c), max(d, f)) : a + c + d + f;
          value = select(inside, value, value.constant(0));
          return isMax ? max(total, value) : total + value;
        };
        auto rows = scf::ForOp::create(
            b, loc, zero, steps[0], one, start,
            [&](OpBuilder &b, Location loc, Value iy, ValueRange sum) {
              auto columns = scf::ForOp::create(
                  b, loc, zero, steps[1], one, sum,
                  [&](OpBuilder &b, Location loc, Value ix, ValueRange sum) {
                    scf::YieldOp::create(b, loc, sample(b, iy, ix, sum[0]));
                  });
              scf::YieldOp::create(b, loc, columns.getResults());
            });
        scalarT result(b, loc, rows.getResult(0));
        return isMax ? result : result / (counts[0] * counts[1]);
      });
}

void dlc::populateDetectionLowering(TypeConverter &types,
                                    RewritePatternSet &patterns) {
  addEmitter<dl::NonMaxSuppressionOp>(patterns, types, emitNonMaxSuppression);
  addEmitter<dl::RoiAlignOp>(patterns, types, emitRoiAlign);
}
