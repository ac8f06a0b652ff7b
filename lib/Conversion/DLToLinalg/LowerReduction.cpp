//===- LowerReduction.cpp - Reductions ------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

/// The dimensions that `axes` names; all of them if it is absent.
static SmallVector<bool> reducedDims(int64_t rank,
                                     std::optional<ArrayRef<int64_t>> axes) {
  SmallVector<bool> reduced(rank, !axes);
  for (int64_t axis : axes.value_or(ArrayRef<int64_t>()))
    reduced[dl::wrapAxis(axis, rank)] = true;
  return reduced;
}

/// Reduces, applies `last` to each result and count, and stores.
template <typename OpT>
static Value emitReduce(OpT op, typename OpT::Adaptor operands, Emitter &e,
                        double init, Emitter::Body body,
                        function_ref<Value(scalarT, Value)> last = nullptr) {
  Value x = operands.getX();
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<bool> reduced = reducedDims(type.getRank(), op.getAxes());
  Value y = e.reduce(x, reduced, init, body);
  if (last) {
    OpFoldResult count = e.index(1);
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (reduced[d])
        count = e.mul(count, e.dim(x, d));
    Value integer = arith::IndexCastOp::create(e.b, e.loc, e.b.getI64Type(),
                                               e.value(count));
    y = e.map(y, type.getElementType(),
              [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                return last(scalarT(b, loc, args[0]), integer);
              });
  } else {
    y = e.toStored(y, type.getElementType());
  }
  return op.getKeepDims() ? e.insertUnitDims(y, reduced) : y;
}

/// Reduces value and index together, in order: of equal elements the first is
/// kept.
template <typename OpT>
static Value emitArg(OpT op, typename OpT::Adaptor operands, Emitter &e,
                     bool largest) {
  Value x = operands.getX();
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  int64_t axis = dl::wrapAxis(op.getAxis(), rank);
  Type compute = computeType(type.getElementType());
  Sizes kept;
  SmallVector<int64_t> dims;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators[axis] = utils::IteratorType::reduction;
  for (int64_t d = 0; d < rank; ++d)
    if (d != axis) {
      kept.push_back(e.dim(x, d));
      dims.push_back(d);
    }
  if (!isa<Attribute>(e.dim(x, axis))) {
    // Either the axis has elements, or the result has none.
    auto compare = [&](arith::CmpIPredicate predicate,
                       OpFoldResult size) -> Value {
      return arith::CmpIOp::create(e.b, e.loc, predicate, e.value(size),
                                   e.value(e.index(0)));
    };
    e.require(arith::OrIOp::create(
                  e.b, e.loc,
                  compare(arith::CmpIPredicate::sgt, e.dim(x, axis)),
                  compare(arith::CmpIPredicate::eq, e.product(kept))),
              "nothing to choose from along axis " + Twine(axis));
  }
  double infinity = std::numeric_limits<double>::infinity();
  Type indexType = e.b.getI64Type();
  Value inits[] = {e.filled(kept, compute, largest ? -infinity : infinity),
                   e.filled(kept, indexType, 0)};
  auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
    scalarT v = scalarT(b, loc, args[0]).to(compute), best(b, loc, args[1]);
    scalarT better = largest ? v > best : v < best;
    if (v.isFloat()) {
      // NaN wins against every number, and nothing wins against NaN.
      scalarT isNaN = v != v, wasNaN = best != best;
      better = (better | isNaN) & ~wasNaN;
    }
    Value position = arith::IndexCastOp::create(
        b, loc, indexType, linalg::IndexOp::create(b, loc, axis));
    linalg::YieldOp::create(
        b, loc,
        ValueRange{select(better, v, best),
                   select(better, v.with(position), v.with(args[2]))});
  };
  auto generic = linalg::GenericOp::create(
      e.b, e.loc, TypeRange{inits[0].getType(), inits[1].getType()}, x,
      ValueRange(inits),
      ArrayRef<AffineMap>{e.b.getMultiDimIdentityMap(rank), e.pick(rank, dims),
                          e.pick(rank, dims)},
      iterators, body);
  SmallVector<bool> reduced(rank, false);
  reduced[axis] = true;
  Value y = generic.getResult(1);
  return op.getKeepDims() ? e.insertUnitDims(y, reduced) : y;
}

static Value emitCumulative(dl::CumulativeOp op, dl::CumulativeOpAdaptor x,
                            Emitter &e) {
  Value input = x.getX();
  auto type = cast<RankedTensorType>(input.getType());
  int64_t rank = type.getRank(), axis = dl::wrapAxis(op.getAxis(), rank);
  Type stored = type.getElementType(), compute = computeType(stored);
  bool isSum = op.getKind() == dl::CumulativeKind::sum;
  Value zero = e.value(e.index(0)), one = e.value(e.index(1));
  Value last = e.value(e.sub(e.dim(input, axis), e.index(1)));
  SmallVector<Value> extents;
  for (OpFoldResult size : e.sizes(input))
    extents.push_back(e.value(size));
  // One loop per dimension. The innermost runs along the axis and carries the
  // running value.
  SmallVector<Value> position(rank);
  std::function<Value(OpBuilder &, int64_t, Value)> nest =
      [&](OpBuilder &b, int64_t d, Value y) -> Value {
    if (d == axis)
      ++d;
    if (d >= rank) {
      Value start = Emitter(b, op).constant(compute, isSum ? 0 : 1);
      auto loop = scf::ForOp::create(
          b, e.loc, zero, extents[axis], one, ValueRange{start, y},
          [&](OpBuilder &b, Location loc, Value i, ValueRange state) {
            position[axis] =
                op.getReverse()
                    ? arith::SubIOp::create(b, loc, last, i).getResult()
                    : i;
            Value element = tensor::ExtractOp::create(b, loc, input, position);
            scalarT before(b, loc, state[0]);
            scalarT v = scalarT(b, loc, element).to(compute);
            scalarT after = isSum ? before + v : before * v;
            Value written =
                (op.getExclusive() ? before : after).to(stored).value;
            Value next =
                tensor::InsertOp::create(b, loc, written, state[1], position);
            scf::YieldOp::create(b, loc, ValueRange{after.value, next});
          });
      return loop.getResult(1);
    }
    auto loop = scf::ForOp::create(
        b, e.loc, zero, extents[d], one, ValueRange{y},
        [&](OpBuilder &b, Location loc, Value i, ValueRange state) {
          position[d] = i;
          scf::YieldOp::create(b, loc, nest(b, d + 1, state[0]));
        });
    return loop.getResult(0);
  };
  return nest(e.b, 0, e.empty(e.sizes(input), stored));
}

void dlc::populateReductionLowering(TypeConverter &types,
                                    RewritePatternSet &patterns) {
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  addEmitter<dl::ReduceSumOp>(
      patterns, types,
      [](dl::ReduceSumOp op, dl::ReduceSumOpAdaptor x, Emitter &e) -> Value {
        return emitReduce(
            op, x, e, 0, [](OpBuilder &b, Location loc, ValueRange a) -> Value {
              return scalarT(b, loc, a[1]) + scalarT(b, loc, a[0]);
            });
      });
  addEmitter<dl::ReduceMeanOp>(
      patterns, types,
      [](dl::ReduceMeanOp op, dl::ReduceMeanOpAdaptor x, Emitter &e) -> Value {
        return emitReduce(
            op, x, e, 0,
            [](OpBuilder &b, Location loc, ValueRange a) -> Value {
              return scalarT(b, loc, a[1]) + scalarT(b, loc, a[0]);
            },
            [](scalarT sum, Value count) -> Value {
              return sum / sum.with(count).to(sum.type());
            });
      });
  addEmitter<dl::ReduceProdOp>(
      patterns, types,
      [](dl::ReduceProdOp op, dl::ReduceProdOpAdaptor x, Emitter &e) -> Value {
        return emitReduce(
            op, x, e, 1, [](OpBuilder &b, Location loc, ValueRange a) -> Value {
              return scalarT(b, loc, a[1]) * scalarT(b, loc, a[0]);
            });
      });
  addEmitter<dl::ReduceMaxOp>(
      patterns, types,
      [](dl::ReduceMaxOp op, dl::ReduceMaxOpAdaptor x, Emitter &e) -> Value {
        return emitReduce(
            op, x, e, -infinity,
            [](OpBuilder &b, Location loc, ValueRange a) -> Value {
              return max(scalarT(b, loc, a[1]), scalarT(b, loc, a[0]));
            });
      });
  addEmitter<dl::ReduceMinOp>(
      patterns, types,
      [](dl::ReduceMinOp op, dl::ReduceMinOpAdaptor x, Emitter &e) -> Value {
        return emitReduce(
            op, x, e, infinity,
            [](OpBuilder &b, Location loc, ValueRange a) -> Value {
              return min(scalarT(b, loc, a[1]), scalarT(b, loc, a[0]));
            });
      });
  addEmitter<dl::CumulativeOp>(patterns, types, emitCumulative);
  addEmitter<dl::ArgMaxOp>(
      patterns, types,
      [](dl::ArgMaxOp op, dl::ArgMaxOpAdaptor x, Emitter &e) -> Value {
        return emitArg(op, x, e, true);
      });
  addEmitter<dl::ArgMinOp>(
      patterns, types,
      [](dl::ArgMinOp op, dl::ArgMinOpAdaptor x, Emitter &e) -> Value {
        return emitArg(op, x, e, false);
      });
}
